// SPDX-License-Identifier: Apache-2.0
//
// Reads vectors from standard input, drives zs_fp_bench with one a cycle and compares every output bit for bit.
// A record is seven little-endian 32-bit words: a, b, half_a | half_b << 16, and the expected a + b, a * b,
// half_a * half_b and fp16(a). Prints the first differences and a last line "vectors N differences D".

#include <cstdint>
#include <cstdio>
#include <vector>

#include "Vzs_fp_bench.h"
#include "verilated.h"

struct Record {
  uint32_t a, b, half, sum, product, half_product, narrow;
};

constexpr int kAdders = 7, kMultipliers = 4, kDeepest = 8;

static long differences = 0;

static void compare(const char* unit, int latency, const Record& r, uint32_t expected, uint32_t actual) {
  if (expected == actual) return;
  if (differences++ < 10)
    std::printf("%s latency %d: a %08x b %08x half %08x expected %08x got %08x\n", unit, latency, r.a, r.b, r.half,
                expected, actual);
}

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  Vzs_fp_bench dut;
  std::vector<Record> past(kDeepest, Record{});
  long count = 0;
  Record r;
  for (long cycle = 0;; cycle++) {
    const bool more = std::fread(&r, sizeof r, 1, stdin) == 1;
    if (more) count++;
    else if (cycle >= count + kDeepest) break;
    else r = past[(cycle - 1) % kDeepest];  // drain the pipelines
    past[cycle % kDeepest] = r;
    dut.clk_i = 0;
    dut.a_i = r.a;
    dut.b_i = r.b;
    dut.half_a_i = r.half & 0xffff;
    dut.half_b_i = r.half >> 16;
    dut.eval();
    for (int k = 0; k < kAdders && k <= cycle; k++) {
      const Record& then = past[(cycle - k) % kDeepest];
      compare("fp32_add", k + 1, then, then.sum, dut.sum_o[k]);
    }
    for (int k = 0; k < kMultipliers && k <= cycle; k++) {
      const Record& then = past[(cycle - k) % kDeepest];
      compare("fp32_mul", k, then, then.product, dut.product_o[k]);
      compare("fp16_mul", k, then, then.half_product, dut.half_product_o[k]);
    }
    compare("fp32_to_fp16", 0, r, r.narrow, dut.narrow_o);
    dut.clk_i = 1;
    dut.eval();
  }
  std::printf("vectors %ld differences %ld\n", count, differences);
  return differences != 0;
}
