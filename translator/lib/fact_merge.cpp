// What several parses say about the same files, put together: the host and the device side, several
// units that include one header, several sets of definitions.
#include "facts.h"
#include "neutral_name.h"

#include <algorithm>

using namespace npu;

namespace {

void mergeFile(FileFacts &&from, FileFacts &into) {
  if (into.contents.empty())
    into.contents = std::move(from.contents);
  for (FileFacts::Ranges &ranges : from.skippedPerEntry)
    if (std::find(into.skippedPerEntry.begin(), into.skippedPerEntry.end(), ranges) ==
        into.skippedPerEntry.end())
      into.skippedPerEntry.push_back(std::move(ranges));
  for (const auto &[offset, evidence] : from.names) {
    NameEvidence &known = into.names[offset];
    known.compat |= evidence.compat;
    known.user |= evidence.user;
    known.system |= evidence.system;
  }
  for (auto &[offset, include] : from.includes) {
    auto [known, isNew] = into.includes.try_emplace(offset, include);
    if (!isNew && known->second.kind == IncludeFact::Kind::Missing)
      known->second = std::move(include);
  }
  for (auto &[offset, launch] : from.launches) {
    auto [known, isNew] = into.launches.try_emplace(offset, launch);
    // A launch in a macro or a header may mean a different kernel at each use.
    if (!isNew && !(known->second == launch))
      known->second.byTheCompiler = true;
  }
  into.childLaunches.merge(std::move(from.childLaunches));
  for (auto &[offset, kernel] : from.kernels) {
    auto [known, isNew] = into.kernels.try_emplace(offset, kernel);
    if (!isNew && known->second.tensorShape.empty())
      known->second = std::move(kernel);
  }
  into.rivalNames.merge(std::move(from.rivalNames));
}

} // namespace

std::string npu::merge(ProgramFacts &&unit, ProgramFacts &whole) {
  std::set<std::string> rivals;
  for (const std::string &name : unit.userNames)
    if (neutralName(name, unit).known())
      rivals.insert(name);
  for (auto &[path, file] : unit.files) {
    auto known = whole.files.find(path);
    if (known != whole.files.end() && known->second.contents != file.contents)
      return path;
    file.rivalNames = rivals;
    mergeFile(std::move(file), whole.files[path]);
  }
  whole.compatNames.merge(std::move(unit.compatNames));
  whole.userNames.merge(std::move(unit.userNames));
  whole.unknownNames.merge(std::move(unit.unknownNames));
  whole.parseErrors.merge(std::move(unit.parseErrors));
  whole.pastedNames.merge(std::move(unit.pastedNames));
  return "";
}
