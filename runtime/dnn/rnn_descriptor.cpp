// The descriptor of a recurrent network, as versions 5 to 9 set and read it.
#include "dropout.h"
#include "rnn.h"

namespace npu::dnn {
namespace {

// The versions before 8 name no type of data; the arithmetic's stands for it until a call has data.
struct Settings {
  int64_t hidden, layers;
  npudnnDropoutDescriptor_t dropout;
  npudnnRNNInputMode_t input;
  npudnnDirectionMode_t direction;
  npudnnRNNMode_t cell;
  npudnnRNNAlgo_t algorithm;
  npudnnDataType_t mathPrecision;
};

void requireFloats(npudnnDataType_t type, const char *message) {
  require(type == NPUDNN_DATA_FLOAT || type == NPUDNN_DATA_DOUBLE || type == NPUDNN_DATA_HALF ||
              type == NPUDNN_DATA_BFLOAT16,
          message);
}
void requirePrecision(npudnnDataType_t type, npudnnDataType_t precision) {
  const bool narrow = type == NPUDNN_DATA_HALF || type == NPUDNN_DATA_BFLOAT16;
  require(precision == type || (narrow && precision == NPUDNN_DATA_FLOAT),
          "the precision does not go with the data's type");
}
void requireMath(npudnnMathType_t math) {
  require(math >= NPUDNN_DEFAULT_MATH && math <= NPUDNN_FMA_MATH, "there is no such math type");
}
void requireBias(npudnnRNNBiasMode_t bias) {
  require(bias >= NPUDNN_RNN_NO_BIAS && bias <= NPUDNN_RNN_SINGLE_REC_BIAS,
          "there is no such bias mode");
}
void requireDropout(npudnnDropoutDescriptor_t dropout) {
  if (dropout)
    get<DropoutDescriptor>(dropout, "dropoutDesc");
}

void apply(RnnDescriptor &object, const Settings &settings) {
  require(settings.hidden > 0 && settings.layers > 0, "hiddenSize or numLayers is not positive");
  require(settings.input == NPUDNN_LINEAR_INPUT || settings.input == NPUDNN_SKIP_INPUT,
          "there is no such input mode");
  require(settings.direction == NPUDNN_UNIDIRECTIONAL || settings.direction == NPUDNN_BIDIRECTIONAL,
          "there is no such direction mode");
  require(settings.cell >= NPUDNN_RNN_RELU && settings.cell <= NPUDNN_GRU, "there is no such cell");
  require(settings.algorithm >= NPUDNN_RNN_ALGO_STANDARD &&
              settings.algorithm < NPUDNN_RNN_ALGO_COUNT,
          "there is no such algorithm");
  requireFloats(settings.mathPrecision, "the precision is none of a network's");
  requireDropout(settings.dropout);
  object.hidden = settings.hidden, object.layers = settings.layers;
  object.dropout = settings.dropout, object.input = settings.input;
  object.direction = settings.direction, object.cell = settings.cell;
  object.algorithm = settings.algorithm, object.mathPrecision = settings.mathPrecision;
}

void setBefore8(npudnnRNNDescriptor_t descriptor, const Settings &settings) {
  auto object = get<RnnDescriptor>(descriptor, "rnnDesc");
  requirePointer(settings.dropout, "dropoutDesc");
  RnnDescriptor changed;
  apply(changed, settings);
  changed.type = settings.mathPrecision;
  changed.set = true;
  *object = changed;
}

template <class To, class From> void give(To *to, From from) {
  if (to)
    *to = To(from);
}

void setClip(npudnnRNNDescriptor_t descriptor, const Clip &clip) {
  auto object = get<RnnDescriptor>(descriptor, "rnnDesc");
  require(clip.mode == NPUDNN_RNN_CLIP_NONE || clip.mode == NPUDNN_RNN_CLIP_MINMAX,
          "there is no such clip mode");
  require(clip.nan == NPUDNN_NOT_PROPAGATE_NAN || clip.nan == NPUDNN_PROPAGATE_NAN,
          "there is no such propagation of NaN");
  require(clip.mode == NPUDNN_RNN_CLIP_NONE || clip.low <= clip.high,
          "lclip is not below rclip, or one is NaN");
  object->clip = clip;
}
void giveClip(npudnnRNNDescriptor_t descriptor, npudnnRNNClipMode_t *mode,
              npudnnNanPropagation_t *nan, double *low, double *high) {
  const Clip clip = get<RnnDescriptor>(descriptor, "rnnDesc")->clip;
  give(mode, clip.mode), give(nan, clip.nan), give(low, clip.low), give(high, clip.high);
}

} // namespace

Network makeNetwork(const char *caller, npudnnRNNDescriptor_t rnn, npudnnDataType_t type,
                    int64_t inputSize) {
  const auto object = getSet<RnnDescriptor>(rnn, "rnnDesc");
  requireFloats(type, "the data's type is none of a network's");
  requirePrecision(type, object->mathPrecision);
  require(inputSize > 0, "the vectors of the input have no elements");
  Network network;
  network.caller = caller;
  network.cell = object->cell, network.bias = object->bias, network.type = type;
  network.bidirectional = object->direction == NPUDNN_BIDIRECTIONAL;
  network.skipsInput = object->input == NPUDNN_SKIP_INPUT;
  network.inputSize = inputSize, network.hidden = object->hidden;
  network.projection = object->projection == object->hidden ? 0 : object->projection;
  network.layers = object->layers, network.clip = object->clip;
  if (object->dropout)
    network.dropout = usableDropout(object->dropout);
  require(!network.skipsInput || inputSize == network.hidden,
          "the skipped input's vectors have not hiddenSize elements");
  if (network.projection && network.cell != NPUDNN_LSTM)
    unsupported("only LSTM networks have projections");
  if (network.clip.mode != NPUDNN_RNN_CLIP_NONE && network.cell != NPUDNN_LSTM)
    unsupported("only LSTM networks clip their cells");
  formatOf(type, network.math.compute);
  if (type == NPUDNN_DATA_FLOAT && object->math == NPUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)
    network.math.compute = Format::F16;
  network.math.pedantic = object->math == NPUDNN_FMA_MATH;
  return network;
}

Network makeNetwork(const char *caller, npudnnRNNDescriptor_t rnn) {
  const auto object = getSet<RnnDescriptor>(rnn, "rnnDesc");
  require(object->inputSize > 0, "rnnDesc was not set by cudnnSetRNNDescriptor_v8");
  return makeNetwork(caller, rnn, object->type, object->inputSize);
}

} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(RNNDescriptor, RnnDescriptor)

npudnnStatus_t npudnnSetRNNDescriptor_v6(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                         const int hiddenSize, const int numLayers,
                                         npudnnDropoutDescriptor_t dropoutDesc,
                                         npudnnRNNInputMode_t inputMode,
                                         npudnnDirectionMode_t direction, npudnnRNNMode_t cellMode,
                                         npudnnRNNAlgo_t algo, npudnnDataType_t mathPrec) {
  return dnnEntry("cudnnSetRNNDescriptor_v6", [&] {
    streamOf(handle);
    setBefore8(rnnDesc, {hiddenSize, numLayers, dropoutDesc, inputMode, direction, cellMode, algo,
                         mathPrec});
  });
}

npudnnStatus_t npudnnSetRNNDescriptor(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                      const int hiddenSize, const int numLayers,
                                      npudnnDropoutDescriptor_t dropoutDesc,
                                      npudnnRNNInputMode_t inputMode,
                                      npudnnDirectionMode_t direction, npudnnRNNMode_t cellMode,
                                      npudnnRNNAlgo_t algo, npudnnDataType_t mathPrec) {
  return npudnnSetRNNDescriptor_v6(handle, rnnDesc, hiddenSize, numLayers, dropoutDesc, inputMode,
                                   direction, cellMode, algo, mathPrec);
}

npudnnStatus_t npudnnSetRNNDescriptor_v5(npudnnRNNDescriptor_t rnnDesc, const int hiddenSize,
                                         const int numLayers, npudnnDropoutDescriptor_t dropoutDesc,
                                         npudnnRNNInputMode_t inputMode,
                                         npudnnDirectionMode_t direction, npudnnRNNMode_t cellMode,
                                         npudnnDataType_t mathPrec) {
  return dnnEntry("cudnnSetRNNDescriptor_v5", [&] {
    setBefore8(rnnDesc, {hiddenSize, numLayers, dropoutDesc, inputMode, direction, cellMode,
                         NPUDNN_RNN_ALGO_STANDARD, mathPrec});
  });
}

npudnnStatus_t npudnnGetRNNDescriptor_v6(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                         int *hiddenSize, int *numLayers,
                                         npudnnDropoutDescriptor_t *dropoutDesc,
                                         npudnnRNNInputMode_t *inputMode,
                                         npudnnDirectionMode_t *direction,
                                         npudnnRNNMode_t *cellMode, npudnnRNNAlgo_t *algo,
                                         npudnnDataType_t *mathPrec) {
  return dnnEntry("cudnnGetRNNDescriptor_v6", [&] {
    streamOf(handle);
    const auto object = getSet<RnnDescriptor>(rnnDesc, "rnnDesc");
    give(hiddenSize, object->hidden), give(numLayers, object->layers);
    give(dropoutDesc, object->dropout), give(inputMode, object->input);
    give(direction, object->direction), give(cellMode, object->cell);
    give(algo, object->algorithm), give(mathPrec, object->mathPrecision);
  });
}

npudnnStatus_t npudnnGetRNNDescriptor(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                      int *hiddenSize, int *numLayers,
                                      npudnnDropoutDescriptor_t *dropoutDesc,
                                      npudnnRNNInputMode_t *inputMode,
                                      npudnnDirectionMode_t *direction, npudnnRNNMode_t *cellMode,
                                      npudnnRNNAlgo_t *algo, npudnnDataType_t *mathPrec) {
  return npudnnGetRNNDescriptor_v6(handle, rnnDesc, hiddenSize, numLayers, dropoutDesc, inputMode,
                                   direction, cellMode, algo, mathPrec);
}

npudnnStatus_t npudnnSetRNNDescriptor_v8(npudnnRNNDescriptor_t rnnDesc, npudnnRNNAlgo_t algo,
                                         npudnnRNNMode_t cellMode, npudnnRNNBiasMode_t biasMode,
                                         npudnnDirectionMode_t dirMode,
                                         npudnnRNNInputMode_t inputMode, npudnnDataType_t dataType,
                                         npudnnDataType_t mathPrec, npudnnMathType_t mathType,
                                         int32_t inputSize, int32_t hiddenSize, int32_t projSize,
                                         int32_t numLayers, npudnnDropoutDescriptor_t dropoutDesc,
                                         uint32_t auxFlags) {
  return dnnEntry("cudnnSetRNNDescriptor_v8", [&] {
    auto object = get<RnnDescriptor>(rnnDesc, "rnnDesc");
    RnnDescriptor changed;
    apply(changed,
          {hiddenSize, numLayers, dropoutDesc, inputMode, dirMode, cellMode, algo, mathPrec});
    requireBias(biasMode);
    requireMath(mathType);
    requireFloats(dataType, "the data's type is none of a network's");
    requirePrecision(dataType, mathPrec);
    require(inputSize > 0, "inputSize is not positive");
    require(projSize >= 0 && projSize <= hiddenSize, "projSize is not 0 to hiddenSize");
    require(projSize == 0 || projSize == hiddenSize || cellMode == NPUDNN_LSTM,
            "only LSTM networks have projections");
    require((auxFlags & ~NPUDNN_RNN_PADDED_IO_ENABLED) == 0, "there are no such auxFlags");
    changed.bias = biasMode, changed.math = mathType, changed.type = dataType;
    changed.inputSize = inputSize, changed.projection = projSize, changed.flags = auxFlags;
    changed.set = true;
    *object = changed;
  });
}

npudnnStatus_t npudnnGetRNNDescriptor_v8(
    npudnnRNNDescriptor_t rnnDesc, npudnnRNNAlgo_t *algo, npudnnRNNMode_t *cellMode,
    npudnnRNNBiasMode_t *biasMode, npudnnDirectionMode_t *dirMode, npudnnRNNInputMode_t *inputMode,
    npudnnDataType_t *dataType, npudnnDataType_t *mathPrec, npudnnMathType_t *mathType,
    int32_t *inputSize, int32_t *hiddenSize, int32_t *projSize, int32_t *numLayers,
    npudnnDropoutDescriptor_t *dropoutDesc, uint32_t *auxFlags) {
  return dnnEntry("cudnnGetRNNDescriptor_v8", [&] {
    const auto object = getSet<RnnDescriptor>(rnnDesc, "rnnDesc");
    give(algo, object->algorithm), give(cellMode, object->cell), give(biasMode, object->bias);
    give(dirMode, object->direction), give(inputMode, object->input);
    give(dataType, object->type), give(mathPrec, object->mathPrecision);
    give(mathType, object->math), give(inputSize, object->inputSize);
    give(hiddenSize, object->hidden), give(projSize, object->projection);
    give(numLayers, object->layers), give(dropoutDesc, object->dropout);
    give(auxFlags, object->flags);
  });
}

// Settings of one value that versions before 8 have functions for.
#define SETTING(name, Type, member, isOk)                                                          \
  npudnnStatus_t npudnnSetRNN##name(npudnnRNNDescriptor_t rnnDesc, Type value) {                   \
    return dnnEntry("cudnnSetRNN" #name, [&] {                                                     \
      auto object = get<RnnDescriptor>(rnnDesc, "rnnDesc");                                        \
      isOk(value);                                                                                 \
      object->member = value;                                                                      \
    });                                                                                            \
  }                                                                                                \
  npudnnStatus_t npudnnGetRNN##name(npudnnRNNDescriptor_t rnnDesc, Type *value) {                  \
    return dnnEntry("cudnnGetRNN" #name, [&] {                                                     \
      requirePointer(value, "the result");                                                         \
      *value = get<RnnDescriptor>(rnnDesc, "rnnDesc")->member;                                     \
    });                                                                                            \
  }
static void requirePadding(unsigned mode) {
  require(mode <= NPUDNN_RNN_PADDED_IO_ENABLED, "there is no such padding mode");
}
SETTING(MatrixMathType, npudnnMathType_t, math, requireMath)
SETTING(BiasMode, npudnnRNNBiasMode_t, bias, requireBias)
SETTING(PaddingMode, unsigned, flags, requirePadding)
#undef SETTING

npudnnStatus_t npudnnRNNSetClip(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                npudnnRNNClipMode_t clipMode, npudnnNanPropagation_t clipNanOpt,
                                double lclip, double rclip) {
  return dnnEntry("cudnnRNNSetClip", [&] {
    streamOf(handle);
    setClip(rnnDesc, {clipMode, clipNanOpt, lclip, rclip});
  });
}
npudnnStatus_t npudnnRNNGetClip(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                npudnnRNNClipMode_t *clipMode, npudnnNanPropagation_t *clipNanOpt,
                                double *lclip, double *rclip) {
  return dnnEntry("cudnnRNNGetClip", [&] {
    streamOf(handle);
    giveClip(rnnDesc, clipMode, clipNanOpt, lclip, rclip);
  });
}
npudnnStatus_t npudnnRNNSetClip_v8(npudnnRNNDescriptor_t rnnDesc, npudnnRNNClipMode_t clipMode,
                                   npudnnNanPropagation_t clipNanOpt, double lclip, double rclip) {
  return dnnEntry("cudnnRNNSetClip_v8", [&] {
    setClip(rnnDesc, {clipMode, clipNanOpt, lclip, rclip});
  });
}
npudnnStatus_t npudnnRNNGetClip_v8(npudnnRNNDescriptor_t rnnDesc, npudnnRNNClipMode_t *clipMode,
                                   npudnnNanPropagation_t *clipNanOpt, double *lclip,
                                   double *rclip) {
  return dnnEntry("cudnnRNNGetClip_v8",
                  [&] { giveClip(rnnDesc, clipMode, clipNanOpt, lclip, rclip); });
}
npudnnStatus_t npudnnRNNSetClip_v9(npudnnRNNDescriptor_t rnnDesc, npudnnRNNClipMode_t clipMode,
                                   double lclip, double rclip) {
  return dnnEntry("cudnnRNNSetClip_v9", [&] {
    setClip(rnnDesc, {clipMode, NPUDNN_PROPAGATE_NAN, lclip, rclip});
  });
}
npudnnStatus_t npudnnRNNGetClip_v9(npudnnRNNDescriptor_t rnnDesc, npudnnRNNClipMode_t *clipMode,
                                   double *lclip, double *rclip) {
  return dnnEntry("cudnnRNNGetClip_v9",
                  [&] { giveClip(rnnDesc, clipMode, nullptr, lclip, rclip); });
}

npudnnStatus_t npudnnSetRNNProjectionLayers(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                            const int recProjSize, const int outProjSize) {
  return dnnEntry("cudnnSetRNNProjectionLayers", [&] {
    streamOf(handle);
    auto object = getSet<RnnDescriptor>(rnnDesc, "rnnDesc");
    if (outProjSize != 0)
      unsupported("outProjSize is not 0: cuDNN has no such projection either");
    require(recProjSize > 0 && recProjSize <= object->hidden, "recProjSize is not 1 to hiddenSize");
    if (object->cell != NPUDNN_LSTM)
      unsupported("only LSTM networks have projections");
    object->projection = recProjSize;
  });
}

npudnnStatus_t npudnnGetRNNProjectionLayers(npudnnHandle_t handle,
                                            const npudnnRNNDescriptor_t rnnDesc, int *recProjSize,
                                            int *outProjSize) {
  return dnnEntry("cudnnGetRNNProjectionLayers", [&] {
    streamOf(handle);
    const auto object = getSet<RnnDescriptor>(rnnDesc, "rnnDesc");
    give(recProjSize, object->projection ? object->projection : object->hidden);
    give(outProjSize, 0);
  });
}
