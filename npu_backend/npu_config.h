// What NPU is emulated: a preset or a JSON file, validated field by field (npu_config.def).
// A file may hold only what differs from the preset that its "preset" field names (default:
// server).
#pragma once

#include "npu/status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace npu::backend {

// What stays in the processing elements while the rest streams through. DotProduct: no element
// waits for its neighbour; `rows` products of each column are summed at once (NVDLA).
enum class Dataflow : uint8_t { WeightStationary, OutputStationary, DotProduct };
// How long an op takes: Events, as its instructions overlap; Maximum, as long as the busiest of
// array, vector unit and DRAM, which is how NVDLA's performance is estimated.
enum class OpTime : uint8_t { Events, Maximum };

struct NpuConfig {
  std::string name;
#define CHOICE(path, type, member, summary, ...) type member = type();
#include "npu_config.def"
#define NUMBER(path, member, lowest, highest, whole, summary) double member = lowest;
#include "npu_config.def"

  uint64_t arrayRows() const { return uint64_t(rows); }
  uint64_t arrayColumns() const { return uint64_t(columns); }
  uint64_t scratchpadBytes() const { return uint64_t(scratchpadKib) * 1024; }
  uint64_t accumulatorBytes() const { return uint64_t(accumulatorKib) * 1024; }
  double dramBytesPerCycle() const { return dramGbPerSecond * 1e3 / clockMhz; }
};

// The values of a CHOICE, in the order of its type.
const std::vector<std::string> &choiceNames(const std::string &path);
// The presets built into the library, in order of size.
std::vector<std::string> presetNames();

// `nameOrFile` is a preset's name or a path to a JSON file. On failure `config` is untouched and
// the message names the file, the field's path and the allowed range.
Status loadConfig(const std::string &nameOrFile, NpuConfig &config);
// As loadConfig, from JSON text; `origin` names it in messages.
Status parseConfig(const std::string &text, const std::string &origin, NpuConfig &config);
// Every field, as one JSON object that parseConfig reads back to the same configuration.
std::string configJson(const NpuConfig &config);

} // namespace npu::backend
