// The report for a review or a ticket.
#include "report/report.h"

#include "llvm/Support/raw_ostream.h"

using namespace npu;

namespace {

std::string cell(llvm::StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '|' ? "\\|" : std::string(1, c);
  return result;
}

void writePlacement(llvm::raw_ostream &out, const Report &report) {
  std::vector<PlacedCall> placed = placedCalls(report);
  if (placed.empty())
    return;
  out << "\n## Where library calls run\n\n| Call | Uses | Device | Why |\n|---|---|---|---|\n";
  for (const PlacedCall &call : placed)
    out << "| `" << call.row->cuda << "` | " << call.uses << " | "
        << placeName(call.placement.place) << " | " << call.placement.why << " |\n";
}

void writeKernels(llvm::raw_ostream &out, const Report &report, const Totals &totals) {
  if (!totals.kernels)
    return;
  out << "\n## Kernels\n\nKernels run on OpenCL, which runs any code; there "
      << (totals.kernels == 1 ? "is " : "are ") << totals.kernels << ".";
  if (!totals.tensorKernels) {
    out << " None looks like a tensor operation.\n";
    return;
  }
  out << " These look like tensor operations, which library calls would put on the NPU:\n\n"
         "| Kernel | Place | Looks like | On the NPU by |\n|---|---|---|---|\n";
  for (const FileReport &file : report.files)
    for (const KernelUse &kernel : file.kernels)
      if (!kernel.tensorShape.empty())
        out << "| `" << kernel.name << "` | " << cell(file.path) << ":" << kernel.line << " | "
            << tensorShape(kernel.tensorShape).title << " | "
            << tensorShape(kernel.tensorShape).remedy << " |\n";
}

void writeLeft(llvm::raw_ostream &out, const Report &report, const Totals &totals) {
  if (totals.errors + totals.warnings == 0)
    return;
  out << "\n## What is left\n\n| Place | |\n|---|---|\n";
  for (const Diagnostic *diagnostic : report.diagnostics->inOrder())
    if (diagnostic->severity != Diagnostic::Severity::Note)
      out << "| " << cell(diagnostic->path) << ":" << diagnostic->line << " | "
          << cell(diagnostic->message()) << " |\n";
}

} // namespace

std::string npu::reportMarkdown(const Report &report) {
  std::string text;
  llvm::raw_string_ostream out(text);
  Totals totals = totalsOf(report);
  out << "# From CUDA to the NPU\n\n"
      << headline(report)
      << "\n\n| File | Lines | Changed | Calls | Translated | Partial | Gaps | "
         "Unknown | Launches | Kernels | Hand effort |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|\n";
  auto row = [&](const std::string &name, const Totals &of) {
    out << "| " << name << " | " << of.lines << " | " << of.changedLines << " | " << of.calls
        << " | " << of.translated << " | " << of.partial << " | " << of.gaps << " | " << of.unknown
        << " | " << of.launches << " | " << of.kernels << " | " << effortText(of.minutes) << " |\n";
  };
  for (const FileReport &file : report.files)
    row(cell(file.path), totalsOf(file, *report.diagnostics));
  row("**total**", totals);
  writePlacement(out, report);
  writeKernels(out, report, totals);
  writeLeft(out, report, totals);
  if (!report.failed.empty()) {
    out << "\n## Not read\n\n| Source | Reason |\n|---|---|\n";
    for (const FailedInput &failed : report.failed)
      out << "| " << cell(failed.path) << " | " << cell(failed.reason) << " |\n";
  }
  return out.str();
}
