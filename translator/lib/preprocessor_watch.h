// Watches the preprocessor: files entered, branches skipped, includes, and what macro names mean.
#pragma once

#include "fact_places.h"

#include "clang/Lex/Preprocessor.h"

namespace npu {

void watchPreprocessor(clang::Preprocessor &preprocessor, FactPlaces &places);

} // namespace npu
