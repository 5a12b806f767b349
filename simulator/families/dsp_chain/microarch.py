from simulator.program import Program
def service(program, config): raise NotImplementedError
