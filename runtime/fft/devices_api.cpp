// Transforms of data that lies on several devices, by descriptors. The parts really lie where the
// descriptor says, in the orders that cuFFT documents; the transform is computed on the first
// device: parts are gathered, transformed and put back. As cuFFT's own by default, the functions
// return when their work is done.
#include "device_parts.h"

#include "src/live_set.h"
#include "src/log.h"

#include <algorithm>
#include <new>

using namespace npu;
using namespace npu::fft;

namespace {

// What a descriptor's libDescriptor points to: the plan's shape and the parts' capacity.
struct State {
  Shape shape;
};

// Puts the caller's device back.
class OnDevice {
public:
  OnDevice() { npuGetDevice(&before); }
  ~OnDevice() { npuSetDevice(before); }
  bool use(int device) { return npuSetDevice(device) == npuSuccess; }

private:
  int before = 0;
};

template <class Body> npufftResult guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return NPUFFT_ALLOC_FAILED;
  } catch (...) {
    return NPUFFT_INTERNAL_ERROR;
  }
}

using Live = core::LiveSet<npuLibXtDesc>;
State &stateOf(npuLibXtDesc *descriptor) {
  return *static_cast<State *>(descriptor->libDescriptor);
}

npufftResult wait(const npuXtDesc &parts) {
  OnDevice device;
  for (int i = 0; i < parts.nGPUs; ++i)
    if (!device.use(parts.GPUs[i]) || npuDeviceSynchronize() != npuSuccess)
      return NPUFFT_EXEC_FAILED;
  return NPUFFT_SUCCESS;
}

// Copies between the whole array and the parts, whose order `format` says.
npufftResult move(const Shape &shape, const npuXtDesc &parts, npufftXtSubFormat format, void *whole,
                  bool toParts) {
  if (npufftResult bad = wait(parts); bad != NPUFFT_SUCCESS)
    return bad;
  const Stored stored = storedAs(shape, format);
  const Division division(stored.lengths, shape.batch, parts.nGPUs, isShuffled(format));
  const size_t bytes = stored.elementBytes;
  OnDevice device;
  for (int i = 0; i < parts.nGPUs; ++i) {
    if (!device.use(parts.GPUs[i]))
      return NPUFFT_INVALID_DEVICE;
    for (const Run &run : division.runs(i)) {
      char *outside = static_cast<char *>(whole) + size_t(run.whole) * bytes;
      char *inside = static_cast<char *>(parts.data[i]) + size_t(run.part) * bytes;
      if (npuMemcpy(toParts ? inside : outside, toParts ? outside : inside,
                    size_t(run.count) * bytes, npuMemcpyDefault) != npuSuccess)
        return NPUFFT_EXEC_FAILED;
    }
  }
  return wait(parts);
}

int64_t elementsOf(const Stored &stored, int64_t batch) {
  int64_t elements = batch;
  for (int64_t length : stored.lengths)
    elements *= length;
  return elements;
}
size_t bytesOf(const Shape &shape, npufftXtSubFormat format) {
  const Stored stored = storedAs(shape, format);
  return size_t(elementsOf(stored, shape.batch)) * stored.elementBytes;
}

// The sizes that a descriptor names follow its order.
void giveOrder(npuLibXtDesc &descriptor, const Shape &shape, npufftXtSubFormat format) {
  npuXtDesc &parts = *descriptor.descriptor;
  const Stored stored = storedAs(shape, format);
  const Division division(stored.lengths, shape.batch, parts.nGPUs, isShuffled(format));
  for (int i = 0; i < parts.nGPUs; ++i)
    parts.size[i] = size_t(division.size(i)) * stored.elementBytes;
  descriptor.subFormat = format;
}

// Memory of a device for a whole array.
class Whole {
public:
  Whole(int device, size_t bytes) {
    OnDevice on;
    if (!on.use(device) || npuMalloc(&data, std::max<size_t>(bytes, 1)) != npuSuccess)
      data = nullptr;
  }
  ~Whole() {
    if (data)
      npuFree(data);
  }
  void *data = nullptr;
};

void release(npuLibXtDesc *descriptor) {
  OnDevice device;
  npuXtDesc &parts = *descriptor->descriptor;
  for (int i = 0; i < parts.nGPUs; ++i)
    if (parts.data[i] && device.use(parts.GPUs[i]))
      npuFree(parts.data[i]);
  delete static_cast<State *>(descriptor->libDescriptor);
  delete descriptor->descriptor;
}

// The order after a transform in place, and the other way round.
npufftXtSubFormat turned(npufftXtSubFormat format) {
  switch (format) {
  case NPUFFT_XT_FORMAT_INPUT:
    return NPUFFT_XT_FORMAT_OUTPUT;
  case NPUFFT_XT_FORMAT_OUTPUT:
    return NPUFFT_XT_FORMAT_INPUT;
  case NPUFFT_XT_FORMAT_INPLACE:
    return NPUFFT_XT_FORMAT_INPLACE_SHUFFLED;
  default:
    return NPUFFT_XT_FORMAT_INPLACE;
  }
}

npufftResult execute(npufftHandle handle, const npufftType *type, npuLibXtDesc *input,
                     npuLibXtDesc *output, int direction) {
  return guarded([&] {
    Held held;
    if (npufftResult bad = look(handle, held); bad != NPUFFT_SUCCESS)
      return bad;
    if (!held.plan || held.devices.empty())
      return NPUFFT_INVALID_PLAN;
    if (type && held.plan->type() != *type)
      return NPUFFT_INVALID_TYPE;
    if (!Live::instance().has(input) || !Live::instance().has(output))
      return NPUFFT_INVALID_VALUE;
    const Shape &shape = held.plan->said();
    const auto from = npufftXtSubFormat(input->subFormat);
    const bool inPlace = from != NPUFFT_XT_FORMAT_INPUT && from != NPUFFT_XT_FORMAT_OUTPUT;
    const npufftXtSubFormat to = turned(from);
    // Out of place, the two descriptors are of the two orders.
    if (!inPlace && (input == output || output->subFormat != to))
      return NPUFFT_INVALID_VALUE;
    const npuXtDesc &first = *input->descriptor, &second = *output->descriptor;
    // A plan of real transforms stores either side as the other plan's descriptors do.
    const size_t inputBytes = bytesOf(shape, from), outputBytes = bytesOf(shape, to);
    const size_t held1 = bytesOf(stateOf(input).shape, from),
                 held2 = bytesOf(stateOf(output).shape, to);
    if (held1 < inputBytes || held2 < outputBytes)
      return NPUFFT_INVALID_VALUE;
    Whole gathered(held.devices[0], inPlace ? std::max(inputBytes, outputBytes) : inputBytes);
    Whole apart(held.devices[0], inPlace ? 1 : outputBytes);
    if (!gathered.data || !apart.data)
      return NPUFFT_ALLOC_FAILED;
    void *result = inPlace ? gathered.data : apart.data;
    if (npufftResult bad = move(shape, first, from, gathered.data, false); bad != NPUFFT_SUCCESS)
      return bad;
    OnDevice device;
    device.use(held.devices[0]);
    if (npufftResult bad = held.plan->execute(held.stream, gathered.data, result, direction);
        bad != NPUFFT_SUCCESS)
      return bad;
    if (npuStreamSynchronize(held.stream) != npuSuccess)
      return NPUFFT_EXEC_FAILED;
    if (npufftResult bad = move(shape, second, to, result, true); bad != NPUFFT_SUCCESS)
      return bad;
    giveOrder(*output, shape, to);
    return NPUFFT_SUCCESS;
  });
}

} // namespace

extern "C" {

npufftResult npufftXtSetGPUs(npufftHandle handle, int nGPUs, int *whichGPUs) {
  return guarded([&] {
    int present = 0;
    if (nGPUs < 1 || nGPUs > NPU_MAX_DESCRIPTOR_DEVICES || !whichGPUs)
      return NPUFFT_INVALID_VALUE;
    if (npuGetDeviceCount(&present) != npuSuccess)
      return NPUFFT_SETUP_FAILED;
    for (int i = 0; i < nGPUs; ++i)
      if (whichGPUs[i] < 0 || whichGPUs[i] >= present)
        return NPUFFT_INVALID_DEVICE;
    return useDevices(handle, {whichGPUs, whichGPUs + nGPUs});
  });
}

npufftResult npufftXtMalloc(npufftHandle plan, npuLibXtDesc **descriptor,
                            npufftXtSubFormat format) {
  return guarded([&] {
    Held held;
    if (npufftResult bad = look(plan, held); bad != NPUFFT_SUCCESS)
      return bad;
    if (!descriptor || format < NPUFFT_XT_FORMAT_INPUT || format >= NPUFFT_FORMAT_UNDEFINED)
      return NPUFFT_INVALID_VALUE;
    if (!held.plan || held.devices.empty())
      return NPUFFT_INVALID_PLAN;
    const Shape &shape = held.plan->said();
    if (shape.input.isGiven || shape.output.isGiven ||
        format >= NPUFFT_XT_FORMAT_1D_INPUT_SHUFFLED) {
      core::warnOnce("error: cufftXtMalloc: data on several devices is contiguous, in the orders "
                     "INPUT, OUTPUT, INPLACE and INPLACE_SHUFFLED");
      return NPUFFT_NOT_SUPPORTED;
    }
    auto made = std::make_unique<npuLibXtDesc>();
    *made = {};
    auto state = std::make_unique<State>(State{shape});
    auto parts = std::make_unique<npuXtDesc>();
    *parts = {};
    parts->nGPUs = int(held.devices.size());
    std::copy(held.devices.begin(), held.devices.end(), parts->GPUs);
    made->descriptor = parts.release();
    made->library = LIB_FORMAT_CUFFT;
    made->libDescriptor = state.release();
    // Room for either order, as transforms in place turn them.
    giveOrder(*made, shape, turned(format));
    std::vector<size_t> room(made->descriptor->size,
                             made->descriptor->size + made->descriptor->nGPUs);
    giveOrder(*made, shape, format);
    OnDevice device;
    for (size_t i = 0; i < room.size(); ++i) {
      const size_t bytes = std::max(std::max(room[i], made->descriptor->size[i]), size_t(1));
      if (!device.use(held.devices[i]) ||
          npuMalloc(&made->descriptor->data[i], bytes) != npuSuccess) {
        release(made.get());
        return NPUFFT_ALLOC_FAILED;
      }
    }
    *descriptor = Live::instance().add(std::move(made));
    return NPUFFT_SUCCESS;
  });
}

npufftResult npufftXtFree(npuLibXtDesc *descriptor) {
  return guarded([&] {
    if (!Live::instance().has(descriptor))
      return NPUFFT_INVALID_VALUE;
    wait(*descriptor->descriptor);
    release(descriptor);
    Live::instance().remove(descriptor);
    return NPUFFT_SUCCESS;
  });
}

npufftResult npufftXtMemcpy(npufftHandle plan, void *dstPointer, void *srcPointer,
                            npufftXtCopyType type) {
  return guarded([&] {
    Held held;
    if (npufftResult bad = look(plan, held); bad != NPUFFT_SUCCESS)
      return bad;
    if (!dstPointer || !srcPointer || !held.plan)
      return NPUFFT_INVALID_VALUE;
    auto *to = static_cast<npuLibXtDesc *>(dstPointer),
         *from = static_cast<npuLibXtDesc *>(srcPointer);
    const auto order = [](npuLibXtDesc *descriptor) {
      return npufftXtSubFormat(descriptor->subFormat);
    };
    switch (type) {
    case NPUFFT_COPY_HOST_TO_DEVICE:
      return Live::instance().has(to)
                 ? move(stateOf(to).shape, *to->descriptor, order(to), srcPointer, true)
                 : NPUFFT_INVALID_VALUE;
    case NPUFFT_COPY_DEVICE_TO_HOST:
      return Live::instance().has(from)
                 ? move(stateOf(from).shape, *from->descriptor, order(from), dstPointer, false)
                 : NPUFFT_INVALID_VALUE;
    case NPUFFT_COPY_DEVICE_TO_DEVICE: {
      if (!Live::instance().has(to) || !Live::instance().has(from))
        return NPUFFT_INVALID_VALUE;
      // The copy is in the natural order, whatever the source's is.
      const Shape &shape = stateOf(from).shape;
      const npufftXtSubFormat natural =
          order(to) == NPUFFT_XT_FORMAT_INPLACE_SHUFFLED ? NPUFFT_XT_FORMAT_INPLACE : order(to);
      if (bytesOf(stateOf(to).shape, natural) != bytesOf(shape, order(from)))
        return NPUFFT_INVALID_VALUE;
      std::vector<unsigned char> whole(bytesOf(shape, order(from)));
      if (npufftResult bad = move(shape, *from->descriptor, order(from), whole.data(), false);
          bad != NPUFFT_SUCCESS)
        return bad;
      giveOrder(*to, stateOf(to).shape, natural);
      return move(stateOf(to).shape, *to->descriptor, natural, whole.data(), true);
    }
    default:
      return NPUFFT_INVALID_VALUE;
    }
  });
}

npufftResult npufftXtExecDescriptor(npufftHandle plan, npuLibXtDesc *input, npuLibXtDesc *output,
                                    int direction) {
  return execute(plan, nullptr, input, output, direction);
}
#define EXECUTE(Name, fixed)                                                                       \
  npufftResult npufftXtExecDescriptor##Name(npufftHandle plan, npuLibXtDesc *input,                \
                                            npuLibXtDesc *output) {                                \
    const npufftType type = NPUFFT_##Name;                                                         \
    return execute(plan, &type, input, output, fixed);                                             \
  }
#define EXECUTE_COMPLEX(Name)                                                                      \
  npufftResult npufftXtExecDescriptor##Name(npufftHandle plan, npuLibXtDesc *input,                \
                                            npuLibXtDesc *output, int direction) {                 \
    const npufftType type = NPUFFT_##Name;                                                         \
    return execute(plan, &type, input, output, direction);                                         \
  }
EXECUTE(R2C, NPUFFT_FORWARD)
EXECUTE(D2Z, NPUFFT_FORWARD)
EXECUTE(C2R, NPUFFT_INVERSE)
EXECUTE(Z2D, NPUFFT_INVERSE)
EXECUTE_COMPLEX(C2C)
EXECUTE_COMPLEX(Z2Z)

npufftResult npufftXtSetWorkArea(npufftHandle plan, void **) {
  Held held;
  return look(plan, held);
}
npufftResult npufftXtSetWorkAreaPolicy(npufftHandle plan, npufftXtWorkAreaPolicy policy,
                                       size_t *workSize) {
  Held held;
  if (npufftResult bad = look(plan, held); bad != NPUFFT_SUCCESS)
    return bad;
  if (policy < NPUFFT_WORKAREA_MINIMAL || policy > NPUFFT_WORKAREA_PERFORMANCE)
    return NPUFFT_INVALID_VALUE;
  if (workSize)
    *workSize = 0;
  return NPUFFT_SUCCESS;
}

} // extern "C"
