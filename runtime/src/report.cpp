// The JSON report. Entries are kept in submission order; their costs are the devices' own figures.
#include "report.h"

#include "devices.h"
#include "log.h"
#include "tensor_reference.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace npu::core {
namespace {

using Json = nlohmann::ordered_json;

struct KernelReport {
  uint64_t launches = 0;
  double seconds = 0;
};
struct Entries {
  std::mutex mutex;
  // Under mutex; kernels by name and device.
  std::vector<std::shared_ptr<OpReport>> list;
  std::map<std::pair<std::string, std::string>, KernelReport> kernels;
};
Entries &entries() {
  static Entries &instance = *new Entries;
  return instance;
}

Json costJson(const OpCost &cost) {
  return {{"cycles", cost.cycles},
          {"compute_cycles", cost.computeCycles},
          {"stall_cycles", cost.stallCycles},
          {"dram_read_bytes", cost.dramReadBytes},
          {"dram_write_bytes", cost.dramWriteBytes},
          {"sram_bytes", cost.sramBytes},
          {"macs", cost.macs},
          {"utilization", cost.utilization},
          {"energy_pj", cost.energyPicojoules}};
}

Json opJson(const OpReport &entry) {
  Json json = {{"op", entry.op},
               {"shape", entry.shape},
               {"format", entry.cost->format},
               {"device", entry.device},
               {"reason", entry.reason}};
  json.update(costJson(*entry.cost));
  json["tensor_bytes"] = entry.tensorBytes;
  json["measured_seconds"] = entry.seconds.load();
  if (!entry.cost->errors.empty())
    json["errors"] = entry.cost->errors;
  if (!entry.cost->corrections.empty())
    json["corrections"] = entry.cost->corrections;
  if (!entry.cost->details.empty())
    json.update(Json::parse(entry.cost->details));
  return json;
}

uint64_t bytesOf(const Tensor &tensor) {
  uint64_t bits = tensor.data ? formatBits(tensor.format) : 0;
  for (size_t i = 0; i < tensor.sizes.size(); ++i)
    if (tensor.strides[i] != 0)
      bits *= uint64_t(tensor.sizes[i]);
  return (bits + 7) / 8;
}

uint64_t tensorBytes(const TensorOp &op) {
  uint64_t bytes = 0;
  for (const Tensor &tensor : op.dst)
    bytes += bytesOf(tensor);
  for (size_t i = 0; i < op.src.size(); ++i)
    if (readsSource(op, i))
      bytes += bytesOf(op.src[i]);
  return bytes;
}

void add(OpCost &total, const OpCost &cost, double &possibleMacs) {
  total.cycles += cost.cycles;
  total.computeCycles += cost.computeCycles;
  total.stallCycles += cost.stallCycles;
  total.dramReadBytes += cost.dramReadBytes;
  total.dramWriteBytes += cost.dramWriteBytes;
  total.sramBytes += cost.sramBytes;
  total.macs += cost.macs;
  total.energyPicojoules += cost.energyPicojoules;
  if (cost.utilization > 0)
    possibleMacs += double(cost.macs) / cost.utilization;
}

bool writeInto(const std::string &path, const std::string &text) {
  std::FILE *file = std::fopen(path.c_str(), "w");
  if (!file)
    return false;
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good &= std::fclose(file) == 0;
  return good;
}

// Writes beside the target and renames, so that nobody ever reads half a report. A device or a pipe
// is written itself: a rename would replace it by a file.
bool writeFile(const std::string &path, const std::string &text) {
  struct stat target;
  if (stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode))
    return writeInto(path, text);
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const bool good = writeInto(temporary, text);
  if (good && std::rename(temporary.c_str(), path.c_str()) == 0)
    return true;
  const int reason = errno;
  std::remove(temporary.c_str());
  errno = reason;
  return false;
}

} // namespace

bool reportWanted() {
  static const bool wanted = !options().report.empty();
  return wanted;
}

std::shared_ptr<OpReport> addToReport(const TensorOp &op, const std::string &device,
                                      const std::string &reason) {
  auto entry = std::make_shared<OpReport>();
  entry->op = opName(op.kind);
  entry->shape = shapeText(op);
  entry->caller = op.caller;
  entry->device = device;
  entry->reason = op.caller.empty() ? reason : op.caller + ": " + reason;
  entry->tensorBytes = tensorBytes(op);
  entry->cost = op.cost;
  entry->cost->detailed = true;
  std::lock_guard<std::mutex> lock(entries().mutex);
  entries().list.push_back(entry);
  return entry;
}

void addToReport(const Launch &launch, const std::string &device, double seconds) {
  const std::string &name = launch.image->kernels[launch.kernel].sourceName;
  std::lock_guard<std::mutex> lock(entries().mutex);
  KernelReport &kernel = entries().kernels[{name, device}];
  ++kernel.launches;
  kernel.seconds += seconds;
}

std::string reportText() {
  OpCost total;
  double possibleMacs = 0; // what the array could have done in the counted cycles
  Json ops = Json::array(), kernels = Json::array();
  {
    std::lock_guard<std::mutex> lock(entries().mutex);
    for (const std::shared_ptr<OpReport> &entry : entries().list)
      if (entry->executed) {
        ops.push_back(opJson(*entry));
        add(total, *entry->cost, possibleMacs);
      }
    for (const auto &[key, kernel] : entries().kernels)
      kernels.push_back({{"kernel", key.first},
                         {"device", key.second},
                         {"launches", kernel.launches},
                         {"measured_seconds", kernel.seconds}});
  }
  total.utilization = possibleMacs > 0 ? double(total.macs) / possibleMacs : 0;
  Json config = Json::parse(Team::get().configuration("npu"), nullptr, /*allow_exceptions=*/false);
  if (config.is_discarded())
    config = Json::object();
  Json report = {
      {"config", config}, {"ops", ops}, {"kernels", kernels}, {"total", costJson(total)}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void writeReport() {
  if (!reportWanted())
    return;
  try {
    const std::string text = reportText(), &target = options().report;
    if (target == "-") {
      std::fflush(stdout);
      std::fwrite(text.data(), 1, text.size(), stdout);
      std::fflush(stdout);
    } else if (!writeFile(target, text)) {
      warnOnce("error: cannot write the report to '" + target +
               "' (NPU_REPORT): " + std::strerror(errno));
    }
  } catch (const std::exception &error) {
    warnOnce(std::string("error: cannot write the report: ") + error.what());
  }
}

} // namespace npu::core
