// See report.h: what the three pages share.
#include "report/report.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace npu;

void Totals::add(const FileReport &file) {
  ++files;
  lines += file.lines;
  changedLines += file.changedLines;
  otherNames += file.otherNames;
  launches += file.launches;
  launchesLeft += file.launchesLeft;
  kernels += static_cast<unsigned>(file.kernels.size());
  for (const KernelUse &kernel : file.kernels)
    tensorKernels += !kernel.tensorShape.empty();
  calls += static_cast<unsigned>(file.calls.size());
  for (const CallUse &call : file.calls) {
    translated += call.outcome == CallUse::Outcome::Translated;
    partial += call.outcome == CallUse::Outcome::Partial;
    gaps += call.outcome == CallUse::Outcome::Gap;
    unknown += call.outcome == CallUse::Outcome::Unknown;
  }
}

void Totals::add(const Diagnostic &diagnostic) {
  errors += diagnostic.severity == Diagnostic::Severity::Error;
  warnings += diagnostic.severity == Diagnostic::Severity::Warning;
  notes += diagnostic.severity == Diagnostic::Severity::Note;
  minutes += diagnosticMinutes(diagnostic.id);
}

Totals npu::totalsOf(const Report &report) {
  Totals totals;
  for (const FileReport &file : report.files)
    totals.add(file);
  for (const Diagnostic &diagnostic : report.diagnostics->all())
    totals.add(diagnostic);
  return totals;
}

Totals npu::totalsOf(const FileReport &file, const Diagnostics &diagnostics) {
  Totals totals;
  totals.add(file);
  for (const Diagnostic &diagnostic : diagnostics.all())
    if (diagnostic.path == file.path)
      totals.add(diagnostic);
  return totals;
}

std::vector<PlacedCall> npu::placedCalls(const Report &report) {
  std::map<llvm::StringRef, PlacedCall> byName;
  for (const FileReport &file : report.files)
    for (const CallUse &call : file.calls) {
      if (!call.row)
        continue;
      Placement placement = placementOf(*call.row);
      if (placement.place == Place::Nowhere)
        continue;
      PlacedCall &placed = byName[call.row->cuda];
      placed.placement = placement;
      placed.row = call.row;
      ++placed.uses;
    }
  std::vector<PlacedCall> result;
  for (const auto &[name, placed] : byName)
    result.push_back(placed);
  std::stable_sort(result.begin(), result.end(), [](const PlacedCall &a, const PlacedCall &b) {
    return a.placement.place < b.placement.place;
  });
  return result;
}

TensorShape npu::tensorShape(llvm::StringRef id) {
#define SHAPE(name, title, remedy)                                                                 \
  if (id == #name)                                                                                 \
    return {title, remedy};
#include "tensor_shapes.def"
  return {"", ""};
}

std::string npu::effortText(unsigned minutes) {
  if (minutes == 0)
    return "none";
  if (minutes < 60)
    return std::to_string(minutes) + " min";
  return std::to_string((minutes + 30) / 60) + " h";
}

std::string npu::headline(const Report &report) {
  Totals totals = totalsOf(report);
  unsigned done = totals.translated + totals.partial;
  auto count = [](unsigned number, const std::string &one, const char *ending = "s") {
    return std::to_string(number) + " " + one + (number == 1 ? "" : ending);
  };
  std::string text = totals.calls == 0
                         ? "There is no call to a CUDA library"
                         : std::to_string(done) + " of " + count(totals.calls, "CUDA call") + " (" +
                               std::to_string(done * 100ull / totals.calls) +
                               " %) translate by themselves";
  if (totals.launches)
    text += (totals.launches == 1 ? ", and so does " : ", and so do ") +
            count(totals.launches, "kernel launch", "es");
  text += totals.errors ? ". " + count(totals.errors, "place") + " and about " +
                              effortText(totals.minutes) + " of hand work are left."
                        : ". Nothing is left to do by hand";
  if (!totals.errors)
    text += totals.minutes ? "; " + count(totals.warnings + totals.notes, "place") +
                                 " should be looked at (" + effortText(totals.minutes) + ")."
                           : ".";
  if (!report.failed.empty())
    text += " " + count(static_cast<unsigned>(report.failed.size()), "source") +
            " could not be read and " + (report.failed.size() == 1 ? "is" : "are") +
            " not counted.";
  return text;
}
