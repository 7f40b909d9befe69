// Where the parts of a written launch stand: kernel<<<grid, block, shared, stream>>>(arguments), as
// tokens of its file, in macro bodies and templates too.
#pragma once

#include "source_view.h"

namespace npu {

// Indices of tokens.
struct LaunchSyntax {
  size_t calleeBegin = kNoToken, calleeName = kNoToken;
  size_t open = kNoToken, close = kNoToken; // <<< and >>>
  size_t argumentsOpen = kNoToken, argumentsClose = kNoToken;
  std::vector<size_t> commas; // of the configuration
};

// The launch whose <<< is the token `open`. False: not all of it is written here.
bool findLaunch(const std::vector<SourceToken> &tokens, size_t open, LaunchSyntax &launch);

} // namespace npu
