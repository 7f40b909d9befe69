// Walks the AST: what each name in a user's file resolved to, and what launches need that the text
// alone does not say.
#pragma once

#include "fact_places.h"

#include "clang/AST/ASTContext.h"
#include "clang/Lex/Preprocessor.h"

namespace npu {

void watchAst(clang::ASTContext &context, clang::Preprocessor &preprocessor, FactPlaces &places);

} // namespace npu
