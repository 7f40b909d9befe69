// See collect_facts.h.
#include "collect_facts.h"
#include "parse_units.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>

using namespace npu;

namespace {

// The parses of one unit.
struct Attempt {
  const Unit *unit = nullptr;
  size_t left = 0; // parses that have not ended
  bool failed = false;
  std::vector<std::string> messages;
  std::vector<ProgramFacts> facts;
  bool isPartOfOthers = false;

  bool isUnderstood() const {
    return !failed &&
           llvm::all_of(facts, [](const ProgramFacts &each) { return each.parseErrors.empty(); });
  }
};

// Sets `changed` to the path of a file that changed between two parses.
void mergeAttempt(Attempt &attempt, ProgramFacts &into, std::string &changed) {
  for (ProgramFacts &facts : attempt.facts)
    if (std::string path = merge(std::move(facts), into); !path.empty())
      changed = path;
  attempt.facts = {};
}

struct Plan {
  std::vector<Attempt> attempts;
  std::vector<ParseOptions> parses;
  std::vector<size_t> attemptOf; // of each parse
};

Plan makePlan(const TranslateOptions &options, const std::vector<Unit> &units) {
  Plan plan;
  std::vector<std::vector<std::string>> sets = options.definitionSets;
  if (sets.empty())
    sets.emplace_back();
  for (const Unit &unit : units) {
    plan.attempts.emplace_back();
    plan.attempts.back().unit = &unit;
    for (const std::vector<std::string> &set : sets)
      for (bool deviceSide : {false, true}) {
        if (deviceSide && !unit.kernelSource)
          continue;
        ParseOptions parsing;
        parsing.input = unit.given;
        parsing.clangArguments = unit.clangArguments;
        parsing.clangArguments.insert(parsing.clangArguments.end(), set.begin(), set.end());
        parsing.headerFolder = options.headerFolder;
        parsing.kernelSource = unit.kernelSource;
        parsing.preInclude = unit.preInclude;
        parsing.deviceSide = deviceSide;
        parsing.errorsAreFacts = options.keepGoing;
        plan.parses.push_back(std::move(parsing));
        plan.attemptOf.push_back(plan.attempts.size() - 1);
        ++plan.attempts.back().left;
      }
  }
  return plan;
}

// "x.cu:3:1: error: what" of the first error, in one line.
std::string firstError(const std::vector<std::string> &messages) {
  for (const std::string &message : messages)
    for (llvm::StringRef rest = message; !rest.empty(); rest = rest.split('\n').second)
      if (llvm::StringRef line = rest.split('\n').first; line.contains("error: "))
        return line.str();
  return "the front end failed";
}

class Progress {
public:
  Progress(bool wanted, size_t total, llvm::raw_ostream &log)
      : wanted(wanted), total(total), log(log) {}
  ~Progress() { clear(); }
  void show(size_t done, const std::string &input) {
    if (wanted)
      log << "\r\033[K[" << done << "/" << total << "] " << input;
  }
  void clear() {
    if (wanted)
      log << "\r\033[K";
  }

private:
  bool wanted;
  size_t total;
  llvm::raw_ostream &log;
};

} // namespace

llvm::Expected<CollectedFacts> npu::collectFacts(const TranslateOptions &options,
                                                 const std::vector<Unit> &units, KeptParses &kept,
                                                 llvm::raw_ostream &log) {
  Plan plan = makePlan(options, units);
  CollectedFacts collected;
  std::string changed;
  Progress progress(options.progress, plan.parses.size(), log);
  parseUnits(plan.parses, options.jobs, kept, [&](size_t index, UnitFacts unit) {
    Attempt &attempt = plan.attempts[plan.attemptOf[index]];
    progress.show(index + 1, attempt.unit->given);
    attempt.failed |= unit.failed;
    std::move(unit.messages.begin(), unit.messages.end(), std::back_inserter(attempt.messages));
    attempt.facts.push_back(std::move(unit.facts));
    if (--attempt.left == 0 && attempt.isUnderstood())
      mergeAttempt(attempt, collected.facts, changed);
  });
  progress.clear();
  if (kept.taken())
    log << "cu2npu: note: going on with an interrupted run: " << kept.taken() << " of "
        << plan.parses.size() << " parses are from it\n";
  // What others include need not stand on its own, so those come last.
  for (Attempt &attempt : plan.attempts)
    if (!attempt.isUnderstood()) {
      attempt.isPartOfOthers = collected.facts.files.count(attempt.unit->real);
      if (!attempt.isPartOfOthers)
        mergeAttempt(attempt, attempt.failed ? collected.factsOfFailures : collected.facts,
                     changed);
    }
  if (!changed.empty())
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "'%s' changed while it was read; start again", changed.c_str());
  llvm::StringSet<> shown;
  for (const Attempt &attempt : plan.attempts) {
    if (attempt.isPartOfOthers)
      continue;
    for (const std::string &message : attempt.messages)
      if (shown.insert(message).second)
        log << message;
    if (attempt.failed)
      collected.failed.push_back({attempt.unit->real, firstError(attempt.messages)});
  }
  return collected;
}
