// What people align stays aligned: the backslash that continues a macro's line, and a comment
// behind code, keep their columns where names before them became longer or shorter.
#pragma once

#include "edits.h"
#include "source_view.h"

namespace npu {

// After all other edits.
void keepColumns(const SourceView &view, Edits &edits);

} // namespace npu
