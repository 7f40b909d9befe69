// Parses every unit, for the host and for the device and with every set of definitions, and puts
// together what the parses found.
#pragma once

#include "facts.h"
#include "kept_parses.h"
#include "report/report.h"
#include "units.h"

#include "llvm/Support/Error.h"

namespace npu {

struct CollectedFacts {
  ProgramFacts facts;              // of the units that could be parsed
  ProgramFacts factsOfFailures;    // of the others, for diagnostics only
  std::vector<FailedInput> failed; // by Unit::real
};

// Parses that an interrupted run left in `kept` are taken from there. Clang's messages go to `log`.
// A unit that fails adds nothing to the facts; one that another unit includes counts as that one's
// part and need not stand on its own.
llvm::Expected<CollectedFacts> collectFacts(const TranslateOptions &options,
                                            const std::vector<Unit> &units, KeptParses &kept,
                                            llvm::raw_ostream &log);

} // namespace npu
