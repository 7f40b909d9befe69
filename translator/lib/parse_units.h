// Parses many inputs, several at once, each in a process of its own: a crash of the front end costs
// one input, and the memory of a parse goes back when it ends.
#pragma once

#include "fact_archive.h"
#include "frontend.h"
#include "kept_parses.h"

#include <functional>

namespace npu {

// Calls `done` once per element of `all`, in their order, whatever the order in which they end.
// `jobs`: processes at a time; 0: parse in this process. What `kept` has is not parsed.
// Thread rule: the caller has one thread when jobs > 0, since this forks.
void parseUnits(const std::vector<ParseOptions> &all, unsigned jobs, KeptParses &kept,
                const std::function<void(size_t index, UnitFacts unit)> &done);

} // namespace npu
