"""A study as one of Optuna, for its dashboard and its plots."""

import warnings
from datetime import datetime, timedelta
from typing import Any

from dse.archive import StoredStudy
from dse.evaluate import Outcome
from dse.study import Trial
from mapping.errors import InputError


def export_to_optuna(study: StoredStudy, url: str) -> int:
    """Write every trial, the baselines too, into a storage of Optuna.

    Parameters are categories with the values of the space, objectives keep their direction and sign, all other metrics
    are user attributes. Infeasible designs that were measured carry their constraint violations; what could not be
    built or failed is a failed trial with its reason.

    Args:
        study: What to write.
        url: SQLAlchemy URL of the storage.

    Returns:
        The number of trials.

    Raises:
        InputError: The storage cannot be opened, or has a study of that name.
    """
    import optuna  # noqa: PLC0415  # slow to import

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds = optuna.study.StudyDirection
    directions = [kinds.MINIMIZE if sign > 0 else kinds.MAXIMIZE for sign in study.judge.signs.values()]
    try:
        made = optuna.create_study(storage=url, study_name=study.name, directions=directions)
    except optuna.exceptions.DuplicatedStudyError as error:
        raise InputError(f"{url}: has a study {study.name!r} already") from error
    except Exception as error:  # of any driver of any database
        raise InputError(f"{url}: cannot be opened: {' '.join(str(error).split())}") from error
    with warnings.catch_warnings():  # the method is marked as experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        made.set_metric_names(list(study.judge.signs))
    made.set_user_attr("strategy", study.strategy_name)
    made.set_user_attr("space", study.space.file.canonical())
    entries = sorted(study.outcomes.values(), key=lambda entry: entry[0].number)
    made.add_trials([_trial(study, trial, outcome) for trial, outcome in entries])
    return len(entries)


def _trial(study: StoredStudy, trial: Trial, outcome: Outcome) -> Any:  # noqa: ANN401  # a trial of Optuna
    import optuna  # noqa: PLC0415

    axes: dict[str, Any] = {
        variable.name: optuna.distributions.CategoricalDistribution(variable.values)
        for variable in study.space.variables
        if trial.values.get(variable.name) in variable.values  # a baseline may lie outside the space
    }
    attributes: dict[str, Any] = {"hash": outcome.key, "seconds": outcome.seconds}
    attributes |= {name: value for name, value in outcome.metrics.items() if name not in study.judge.signs}
    if trial.point is None:
        attributes |= {"baseline": trial.name} | dict(trial.values)
    state, reason = study.judge.verdict(outcome)
    if reason is not None:
        attributes["reason"] = f"{state}: {reason}"
    measured = outcome.state == "complete"
    excess = {
        f"constraints:{bound}": bound.excess(outcome.metrics[bound.metric]) for bound in study.judge.bounds if measured
    }
    with warnings.catch_warnings():  # of categories that are not plain scalars; ours are
        warnings.simplefilter("ignore", UserWarning)
        frozen = optuna.trial.create_trial(
            state=optuna.trial.TrialState.COMPLETE if measured else optuna.trial.TrialState.FAIL,
            params={name: trial.values[name] for name in axes},
            distributions=axes,
            values=[outcome.metrics[name] for name in study.judge.signs] if measured else None,
            user_attrs=attributes,
            system_attrs=excess,
        )
    frozen.datetime_start = datetime.fromtimestamp(outcome.started)
    frozen.datetime_complete = frozen.datetime_start + timedelta(seconds=outcome.seconds)
    return frozen
