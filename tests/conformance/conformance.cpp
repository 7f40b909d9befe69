// The registry of backends, and what the tests of the suite share. See conformance.h.
#include "conformance.h"

#include <cstdlib>
#include <cstring>

namespace npu::conformance {
namespace {

std::vector<Backend> &registry() {
  static auto *list = new std::vector<Backend>;
  return *list;
}

size_t roundUp(size_t bytes) { return (bytes + 255) / 256 * 256; }

uint8_t *allocateFor(Device &device, size_t bytes, bool &isDevices) {
  void *memory = device.allocate(bytes, 256);
  isDevices = memory;
  return static_cast<uint8_t *>(memory ? memory : std::aligned_alloc(256, roundUp(bytes)));
}

// A skip that names no test would hide nothing and look as if it did.
bool skipsAreGood(const Backend &backend) {
  bool good = true;
  const testing::UnitTest &all = *testing::UnitTest::GetInstance();
  for (const Skip &skip : backend.skips) {
    bool found = false;
    for (int s = 0; s < all.total_test_suite_count(); ++s)
      for (int t = 0; t < all.GetTestSuite(s)->total_test_count(); ++t)
        found |= std::string(all.GetTestSuite(s)->GetTestInfo(t)->name()) ==
                 std::string(skip.test) + "/" + backend.name;
    const bool explained = std::strlen(skip.reason) >= 20 && std::strchr(skip.reason, ' ');
    if (!found)
      fprintf(stderr, "%s skips %s, which is no test\n", backend.name, skip.test);
    if (!explained)
      fprintf(stderr, "%s skips %s without a sentence\n", backend.name, skip.test);
    good = good && found && explained;
  }
  return good;
}

} // namespace

bool registerBackend(Backend backend) {
  registry().push_back(std::move(backend));
  return true;
}

const std::vector<Backend> &backends() { return registry(); }

Completion Waiter::completion() {
  return [this](Status status) {
    std::lock_guard lock(mutex);
    ++count;
    if (!status.ok() && failure.ok())
      failure = std::move(status);
    changed.notify_all();
  };
}

Status Waiter::wait(int expected) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return count >= expected; });
  return failure;
}

int Waiter::completions() {
  std::lock_guard lock(mutex);
  return count;
}

void Conformance::SetUp() {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  for (const Skip &skip : GetParam().skips)
    if (test == std::string(skip.test) + "/" + GetParam().name)
      GTEST_SKIP() << skip.reason;
}

Device &Conformance::device() {
  static auto *made = new std::vector<std::pair<std::string, std::unique_ptr<Device>>>;
  for (auto &[name, device] : *made)
    if (name == GetParam().name)
      return *device;
  std::unique_ptr<Device> device;
  if (Status status = GetParam().make(device); !status.ok() || !device) {
    fprintf(stderr, "device %s cannot be made: %s\n", GetParam().name, status.message().c_str());
    std::exit(1);
  }
  made->emplace_back(GetParam().name, std::move(device));
  return *made->back().second;
}

Status Conformance::run(const Command &command) {
  Waiter waiter;
  device().execute(command, waiter.completion());
  return waiter.wait();
}

Buffer::Buffer(Device &device, size_t bytes)
    : data(allocateFor(device, bytes, isDevices)), size(bytes), device(device) {
  if (!data) {
    fprintf(stderr, "no memory for a test's %zu bytes\n", bytes);
    std::exit(1);
  }
  std::memset(data, 0xEE, bytes);
}

Buffer::~Buffer() { isDevices ? device.release(data) : std::free(data); }

std::string refusalFault(const Status &status) {
  const std::string &text = status.message();
  if (status.ok())
    return "it is accepted";
  if (text.size() < 12 || text.find(' ') == std::string::npos)
    return "the reason is no sentence: \"" + text + "\"";
  if (text.find('\n') != std::string::npos)
    return "the reason has more than one line: \"" + text + "\"";
  return "";
}

std::vector<std::pair<std::string, Command>> oneOfEveryKind(uint8_t *memory, bool &called) {
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  const Tensor tensor{memory, Format::F32, {1, 2, 2}, {4, 2, 1}};
  op.src = {tensor, tensor, tensor};
  op.dst = {{memory + 64, Format::F32, {1, 2, 2}, {4, 2, 1}}};
  Copy copy;
  copy.dst = memory + 128, copy.src = memory, copy.width = 64;
  return {{"Fill", Fill{memory, 7, 1, 64}},
          {"Copy", copy},
          {"Launch", launchOf(goodImage(), "increment", {1}, {1}, {uint64_t(memory)})},
          {"TensorOp", op},
          {"HostCall", HostCall{[&called] { called = true; }}}};
}

INSTANTIATE_TEST_SUITE_P(Device, Conformance, testing::ValuesIn(backends()),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace npu::conformance

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  if (npu::conformance::backends().empty()) {
    fprintf(stderr, "no backend is linked: there is nothing to test\n");
    return 1;
  }
  for (const npu::conformance::Backend &backend : npu::conformance::backends())
    if (!npu::conformance::skipsAreGood(backend))
      return 1;
  return RUN_ALL_TESTS();
}
