// What a team adds to the tables: names and headers of its own, from a YAML file. They hold before
// the tables. docs/translator.md has the form.
#pragma once

#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace npu {

struct UserRule {
  std::string to;      // the new name; "": stays
  std::string gap;     // why it is not supported; "": it is
  std::string partial; // what is missing; "": nothing
  std::string include; // a header that the new name needs, with its delimiters; "": none
};

struct UserRules {
  std::map<std::string, UserRule> names;
  std::map<std::string, UserRule> headers; // as spelled between the delimiters
};

// Adds the rules of one file; a later rule for the same name holds.
llvm::Error readUserRules(const std::string &path, UserRules &rules);

} // namespace npu
