// What a launch <<<...>>> resolved to, as far as its translation needs it: npu::launch takes the
// kernel as a pointer, which carries neither deduced template arguments nor default arguments.
#pragma once

#include "fact_places.h"

#include "clang/AST/ExprCXX.h"

namespace npu {

void noteLaunch(clang::ASTContext &context, const clang::CUDAKernelCallExpr &launch,
                FactPlaces &places);

} // namespace npu
