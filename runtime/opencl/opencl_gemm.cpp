// Host side of gemm.cl: which products it takes, one build per pair of formats, and the launch.
#include "opencl/opencl_gemm.h"

#include "opencl/opencl_error.h"
#include "opencl_kernels.h" // made by CMake from the .cl files

#include <algorithm>

namespace npu::opencl {

// As in gemm.cl.
static constexpr size_t kBlockRows = 32, kBlockColumns = 128;

namespace {

struct FormatTraits {
  Format format;
  const char *name;     // as in gemm.cl's load... and store...
  const char *storedAs; // OpenCL C type of a stored scalar
  bool isDouble, isComplex;
};
constexpr FormatTraits kFormats[] = {
    {Format::F32, "F32", "float", false, false}, {Format::F64, "F64", "double", true, false},
    {Format::F16, "F16", "short", false, false}, {Format::Bf16, "Bf16", "short", false, false},
    {Format::C32, "F32", "float", false, true},  {Format::C64, "F64", "double", true, true},
};

// gemm.cl's struct of the same name.
struct Arguments {
  uint64_t a, b, c, d;
  int64_t rows, columns, depth, batches;
  int64_t aStrides[3], bStrides[3], cStrides[3], dStrides[3];
  double alpha, alphaImaginary, beta, betaImaginary;
  int32_t conjugateA, conjugateB, readsProduct, readsC;
};

} // namespace

static const FormatTraits *traitsOf(Format format) {
  for (const FormatTraits &traits : kFormats)
    if (traits.format == format)
      return &traits;
  return nullptr;
}

static Status refuse(const std::string &why) {
  return {npuErrorNotSupported, "the OpenCL device's matrix product " + why};
}

static bool hasShape(const Tensor &tensor, int64_t batches, int64_t rows, int64_t columns) {
  return tensor.sizes == std::vector<int64_t>{batches, rows, columns} && tensor.strides.size() == 3;
}

static Status checkShapes(const TensorOp &op) {
  if (op.src.size() < 2 || op.dst.size() != 1 || op.src[0].sizes.size() != 3 ||
      op.dst[0].sizes.size() != 3)
    return refuse("needs A, B and D of rank 3");
  const std::vector<int64_t> &out = op.dst[0].sizes;
  const int64_t depth = op.src[0].sizes[2];
  if (out[0] < 0 || out[1] < 0 || out[2] < 0 || depth < 0)
    return refuse("was given a negative size");
  bool agree = hasShape(op.dst[0], out[0], out[1], out[2]) &&
               hasShape(op.src[0], out[0], out[1], depth) &&
               hasShape(op.src[1], out[0], depth, out[2]);
  if (op.beta != 0.0)
    agree = agree && op.src.size() >= 3 && hasShape(op.src[2], out[0], out[1], out[2]);
  return agree ? Status() : refuse("was given operands whose shapes do not agree");
}

Status Gemm::check(const TensorOp &op) const {
  if (op.kind != TensorOp::Kind::gemm)
    return {npuErrorNotSupported, "the OpenCL device runs no tensor operation but matrix products"};
  if (Status status = checkShapes(op); !status.ok())
    return status;
  if (op.activation != Activation::None || op.biasAxis != -1 || op.src.size() > 3)
    return refuse("has no bias and no activation");
  const FormatTraits *source = traitsOf(op.src[0].format), *result = traitsOf(op.dst[0].format);
  if (!source || !result)
    return refuse("takes f64, f32, f16, bf16 and their complex forms only");
  if (op.src[1].format != op.src[0].format)
    return refuse("needs A and B in one format");
  if (op.beta != 0.0 && op.src[2].format != op.dst[0].format)
    return refuse("needs C and D in one format");
  if (source->isDouble != result->isDouble || source->isComplex != result->isComplex)
    return refuse("cannot turn the format of A and B into the format of D");
  const bool wantsDouble = op.math.compute == Format::F64 || op.math.compute == Format::C64;
  if (wantsDouble && !source->isDouble)
    return refuse("computes in the operands' precision, and f64 is asked for");
  if (op.math.compute == Format::Int32)
    return refuse("has no integer arithmetic");
  return {};
}

static std::string optionsFor(const TensorOp &op) {
  const FormatTraits &source = *traitsOf(op.src[0].format), &result = *traitsOf(op.dst[0].format);
  // A slice of A and B takes 160 KiB of local memory in every format: see gemm.cl.
  const int depth = 256 / (source.isDouble ? 2 : 1) / (source.isComplex ? 2 : 1);
  return std::string("-DSCALAR=") + (source.isDouble ? "double" : "float") +
         " -DVECTOR=" + (source.isDouble ? "double8 -DLANES=8" : "float16 -DLANES=16") +
         " -DDEPTH=" + std::to_string(depth) + " -DCOMPLEX=" + (source.isComplex ? "1" : "0") +
         " -DSOURCE=" + source.storedAs + " -DLOAD_SOURCE=load" + source.name +
         " -DLOAD_RESULT=load" + result.name + " -DSTORE_RESULT=store" + result.name;
}

Gemm::~Gemm() {
  for (auto &[options, variant] : variants) {
    if (variant.kernel)
      clReleaseKernel(variant.kernel);
    if (variant.program)
      clReleaseProgram(variant.program);
  }
}

Gemm::Variant &Gemm::variant(const std::string &options) {
  std::lock_guard lock(mutex);
  return variants[options];
}

Status Gemm::build(Variant &variant, const std::string &options) {
  const char *text = kGemmSource;
  cl_int error = CL_SUCCESS;
  variant.program = clCreateProgramWithSource(context.context(), 1, &text, nullptr, &error);
  if (error != CL_SUCCESS)
    return refuse("could not be created: " + errorName(error));
  cl_device_id device = context.device();
  error = clBuildProgram(variant.program, 1, &device, (options + " -w").c_str(), nullptr, nullptr);
  if (error != CL_SUCCESS)
    return refuse("could not be built: " + errorName(error) +
                  "; build log: " + buildLog(variant.program, device));
  variant.kernel = clCreateKernel(variant.program, "gemm", &error);
  return error == CL_SUCCESS ? Status() : refuse("has no kernel: " + errorName(error));
}

static void setOperand(const Tensor &tensor, uint64_t &address, int64_t (&strides)[3]) {
  address = reinterpret_cast<uint64_t>(tensor.data);
  std::copy(tensor.strides.begin(), tensor.strides.end(), strides);
}

static Arguments argumentsFor(const TensorOp &op) {
  Arguments arguments{};
  setOperand(op.src[0], arguments.a, arguments.aStrides);
  setOperand(op.src[1], arguments.b, arguments.bStrides);
  setOperand(op.dst[0], arguments.d, arguments.dStrides);
  arguments.readsC = op.beta != 0.0;
  if (arguments.readsC)
    setOperand(op.src[2], arguments.c, arguments.cStrides);
  arguments.batches = op.dst[0].sizes[0];
  arguments.rows = op.dst[0].sizes[1];
  arguments.columns = op.dst[0].sizes[2];
  arguments.depth = op.src[0].sizes[2];
  arguments.readsProduct = op.alpha != 0.0;
  arguments.alpha = op.alpha.real();
  arguments.alphaImaginary = op.alpha.imag();
  arguments.beta = op.beta.real();
  arguments.betaImaginary = op.beta.imag();
  arguments.conjugateA = op.conjugateA;
  arguments.conjugateB = op.conjugateB;
  return arguments;
}

Status Gemm::enqueue(const TensorOp &op, cl_event &event) {
  const std::string options = optionsFor(op);
  Variant &built = variant(options);
  const Arguments arguments = argumentsFor(op);
  const size_t one[] = {1, 1, 1};
  const size_t groups[] = {(size_t(arguments.columns) + kBlockColumns - 1) / kBlockColumns,
                           (size_t(arguments.rows) + kBlockRows - 1) / kBlockRows,
                           size_t(arguments.batches)};
  std::lock_guard lock(built.mutex);
  if (!built.built) {
    built.status = build(built, options);
    built.built = true;
  }
  if (!built.status.ok())
    return built.status;
  cl_int error = clSetKernelArg(built.kernel, 0, sizeof arguments, &arguments);
  if (error == CL_SUCCESS)
    error = clEnqueueNDRangeKernel(context.queue(), built.kernel, 3, nullptr, groups, one, 0,
                                   nullptr, &event);
  return error == CL_SUCCESS ? Status() : launchError(error, "gemm", context.takeMessage());
}

void Gemm::execute(const TensorOp &op, Completion done) {
  if (Status status = check(op); !status.ok())
    return done(std::move(status));
  if (op.cost)
    op.cost->format = formatName(op.src[0].format);
  const std::vector<int64_t> &sizes = op.dst[0].sizes;
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end())
    return done({});
  cl_event event = nullptr;
  if (Status status = enqueue(op, event); !status.ok())
    return done(std::move(status));
  notifyWhenComplete(event, context, inFlight, "gemm", std::move(done), nullptr);
}

} // namespace npu::opencl
