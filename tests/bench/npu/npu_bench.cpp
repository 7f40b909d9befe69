// How fast the emulated NPU computes, against oneDNN in the same process: matrix products in each
// format, and ResNet-50's convolutions. Names are <work>/<who>/<threads>; the figure to compare is
// the median of GFLOP/s. The NPU's side has all of its accounting (time, traffic, energy).
#include "convert.h"
#include "npu/device.h"

#include <benchmark/benchmark.h>
#include <dnnl.hpp>
#include <omp.h>

#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <random>

using namespace npu;

namespace {

using Type = dnnl::memory::data_type;

// Operands of both sides lie in memory in the format that is multiplied.
struct Precision {
  const char *name;
  Format operands, result;
  Type type; // oneDNN's nearest
};
constexpr Precision kFormats[] = {{"fp32", Format::F32, Format::F32, Type::f32},
                                  {"bf16", Format::Bf16, Format::F32, Type::bf16},
                                  {"fp16", Format::F16, Format::F32, Type::f32},
                                  {"fp8_e4m3", Format::Fp8E4M3, Format::F32, Type::f32},
                                  {"int8", Format::Int8, Format::Int32, Type::s8}};

std::vector<float> numbers(size_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

std::vector<char> coded(const std::vector<float> &values, Format format) {
  std::vector<char> codes(values.size() * formatBits(format) / 8);
  const float factor = format == Format::Int8 ? 30.0f : 1.0f; // most of the normal distribution
  backend::convertElements(values.data(), Format::F32, 1, codes.data(), format, 1, values.size(),
                           factor);
  return codes;
}

// One device for each number of threads, which is read when it is made.
Device &deviceOf(int threads) {
  static std::map<int, std::unique_ptr<Device>> devices;
  std::unique_ptr<Device> &device = devices[threads];
  if (!device) {
    setenv("NPU_EMULATOR_THREADS", std::to_string(threads).c_str(), 1);
    if (const Status status = makeNpuDevice(device); !status) {
      std::fprintf(stderr, "npu_bench: %s\n", status.message().c_str());
      std::exit(1);
    }
  }
  return *device;
}

bool run(Device &device, const TensorOp &op, benchmark::State &state) {
  std::promise<Status> done;
  device.execute(op, [&](Status status) { done.set_value(std::move(status)); });
  const Status status = done.get_future().get();
  if (!status)
    state.SkipWithError(status.message().c_str());
  return status.ok();
}

void rate(benchmark::State &state, double operations) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

struct Shape {
  const char *name;
  int64_t m, n, k;
};

void npuProduct(benchmark::State &state, Shape shape, const Precision &format, int threads) {
  std::vector<char> a = coded(numbers(size_t(shape.m * shape.k)), format.operands);
  std::vector<char> b = coded(numbers(size_t(shape.k * shape.n)), format.operands);
  std::vector<char> d(size_t(shape.m * shape.n) * 4);
  auto matrix = [](std::vector<char> &values, Format coding, int64_t rows, int64_t columns) {
    return Tensor{values.data(), coding, {1, rows, columns}, {rows * columns, columns, 1}};
  };
  TensorOp op;
  op.src = {matrix(a, format.operands, shape.m, shape.k),
            matrix(b, format.operands, shape.k, shape.n),
            matrix(d, format.result, shape.m, shape.n)};
  op.dst = {op.src[2]};
  op.cost = std::make_shared<OpCost>();
  Device &device = deviceOf(threads);
  for (auto _ : state)
    if (!run(device, op, state))
      return;
  rate(state, 2.0 * double(shape.m) * double(shape.n) * double(shape.k));
}

dnnl::engine &engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// oneDNN's own order of the weights is made outside of the loop, as a program would.
void oneDnnProduct(benchmark::State &state, Shape shape, const Precision &format, int threads) {
  omp_set_num_threads(threads);
  dnnl::stream stream(engine());
  const bool integers = format.type == Type::s8;
  using Tag = dnnl::memory::format_tag;
  const dnnl::memory::desc a({shape.m, shape.k}, integers ? Type::u8 : format.type, Tag::ab);
  const dnnl::memory::desc b({shape.k, shape.n}, format.type, Tag::any);
  const dnnl::memory::desc d({shape.m, shape.n}, integers ? Type::s32 : Type::f32, Tag::ab);
  const dnnl::matmul::desc description(a, b, d);
  dnnl::matmul::primitive_desc chosen;
  try {
    chosen = dnnl::matmul::primitive_desc(description, engine());
  } catch (const dnnl::error &error) { // a processor without the format
    state.SkipWithError(error.what());
    return;
  }
  const dnnl::matmul matmul(chosen);
  dnnl::memory source(a, engine()), weights(chosen.weights_desc(), engine()), result(d, engine());
  std::memset(source.get_data_handle(), 0, a.get_size());
  std::memset(weights.get_data_handle(), 0, chosen.weights_desc().get_size());
  for (auto _ : state) {
    matmul.execute(stream,
                   {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, result}});
    stream.wait();
  }
  rate(state, 2.0 * double(shape.m) * double(shape.n) * double(shape.k));
}

struct Layer {
  int64_t channels, size, outputs, window, stride, times;
  int64_t result() const { return (size + stride - 1) / stride; }
  double operations() const {
    return 2.0 * double(times * outputs * channels * window * window) * double(result() * result());
  }
};
// ResNet-50's convolutions (He et al. 2015), batch 1.
constexpr Layer kResNet[] = {
    {3, 224, 64, 7, 2, 1},    {64, 56, 64, 1, 1, 1},     {64, 56, 64, 3, 1, 3},
    {64, 56, 256, 1, 1, 4},   {256, 56, 64, 1, 1, 2},    {256, 56, 128, 1, 2, 1},
    {256, 56, 512, 1, 2, 1},  {128, 28, 128, 3, 1, 4},   {128, 28, 512, 1, 1, 4},
    {512, 28, 128, 1, 1, 3},  {512, 28, 256, 1, 2, 1},   {512, 28, 1024, 1, 2, 1},
    {256, 14, 256, 3, 1, 6},  {256, 14, 1024, 1, 1, 6},  {1024, 14, 256, 1, 1, 5},
    {1024, 14, 512, 1, 2, 1}, {1024, 14, 2048, 1, 2, 1}, {512, 7, 512, 3, 1, 3},
    {512, 7, 2048, 1, 1, 3},  {2048, 7, 512, 1, 1, 2}};

double resNetOperations() {
  double sum = 0;
  for (const Layer &layer : kResNet)
    sum += layer.operations();
  return sum;
}

void npuResNet(benchmark::State &state, int threads) {
  std::vector<float> data = numbers(4 << 20), result(1 << 20);
  std::vector<TensorOp> ops;
  for (const Layer &layer : kResNet) {
    const int64_t out = layer.result();
    auto image = [](std::vector<float> &values, int64_t channels, int64_t size) {
      return Tensor{values.data(),
                    Format::F32,
                    {1, channels, size, size},
                    {channels * size * size, size * size, size, 1}};
    };
    TensorOp op;
    op.kind = TensorOp::Kind::convolution;
    const int64_t window = layer.window;
    op.src = {image(data, layer.channels, layer.size),
              {data.data(),
               Format::F32,
               {layer.outputs, layer.channels, window, window},
               {layer.channels * window * window, window * window, window, 1}},
              image(result, layer.outputs, out)};
    op.dst = {op.src[2]};
    op.window.assign(2, {window, layer.stride, 1, (window - 1) / 2});
    op.cost = std::make_shared<OpCost>();
    for (int64_t i = 0; i < layer.times; ++i)
      ops.push_back(op);
  }
  Device &device = deviceOf(threads);
  for (auto _ : state)
    for (const TensorOp &op : ops)
      if (!run(device, op, state))
        return;
  rate(state, resNetOperations());
}

void oneDnnResNet(benchmark::State &state, int threads) {
  omp_set_num_threads(threads);
  dnnl::stream stream(engine());
  struct Step {
    dnnl::convolution_forward convolution;
    std::unordered_map<int, dnnl::memory> arguments;
    int64_t times;
  };
  std::vector<Step> steps;
  for (const Layer &layer : kResNet) {
    using Tag = dnnl::memory::format_tag;
    const int64_t out = layer.result(), pad = (layer.window - 1) / 2;
    const int64_t after = (out - 1) * layer.stride + layer.window - layer.size - pad;
    const dnnl::memory::desc x({1, layer.channels, layer.size, layer.size}, Type::f32, Tag::any);
    const dnnl::memory::desc w({layer.outputs, layer.channels, layer.window, layer.window},
                               Type::f32, Tag::any);
    const dnnl::memory::desc y({1, layer.outputs, out, out}, Type::f32, Tag::any);
    const dnnl::convolution_forward::desc description(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x, w, y,
        {layer.stride, layer.stride}, {pad, pad}, {after, after});
    const dnnl::convolution_forward::primitive_desc chosen(description, engine());
    auto memory = [](const dnnl::memory::desc &desc) {
      dnnl::memory made(desc, engine());
      std::memset(made.get_data_handle(), 0, desc.get_size());
      return made;
    };
    steps.push_back({dnnl::convolution_forward(chosen),
                     {{DNNL_ARG_SRC, memory(chosen.src_desc())},
                      {DNNL_ARG_WEIGHTS, memory(chosen.weights_desc())},
                      {DNNL_ARG_DST, memory(chosen.dst_desc())}},
                     layer.times});
  }
  for (auto _ : state) {
    for (const Step &step : steps)
      for (int64_t i = 0; i < step.times; ++i)
        step.convolution.execute(stream, step.arguments);
    stream.wait();
  }
  rate(state, resNetOperations());
}

void registerAll() {
  const Shape shapes[] = {{"n512", 512, 512, 512},           {"n1024", 1024, 1024, 1024},
                          {"n2048", 2048, 2048, 2048},       {"n4096", 4096, 4096, 4096},
                          {"gpt2_qkv", 1024, 2304, 768},     {"gpt2_mlp_up", 1024, 3072, 768},
                          {"gpt2_mlp_down", 1024, 768, 3072}};
  for (int threads : {1, 2}) {
    const std::string end = "/" + std::to_string(threads);
    auto add = [&](const std::string &name, auto function) {
      benchmark::RegisterBenchmark((name + end).c_str(), function)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    };
    for (const Precision &format : kFormats)
      for (const Shape &shape : shapes) {
        const std::string name = std::string("gemm_") + format.name + "_" + shape.name;
        add(name + "/npu",
            [=, &format](benchmark::State &state) { npuProduct(state, shape, format, threads); });
        add(name + "/onednn", [=, &format](benchmark::State &state) {
          oneDnnProduct(state, shape, format, threads);
        });
      }
    add("resnet50_fp32/npu", [=](benchmark::State &state) { npuResNet(state, threads); });
    add("resnet50_fp32/onednn", [=](benchmark::State &state) { oneDnnResNet(state, threads); });
  }
}

} // namespace

int main(int argc, char **argv) {
  setenv("NPU_CONFIG", "server", 1);
  registerAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
