// What RejoinLoops tells CloseBarriers.
#pragma once

namespace npu {

// Metadata of a branch: a round of a loop begins here, at one of two places.
constexpr const char *kRound = "npu.round";

} // namespace npu
