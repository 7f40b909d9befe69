// Where the weights of a recurrent network lie, and the functions that tell.
#include "rnn.h"

namespace npu::dnn {

std::vector<PseudoLayer> weightLayout(const Network &network, int64_t &elements) {
  const int64_t rows = network.gates() * network.hidden;
  std::vector<PseudoLayer> layers(size_t(network.pseudoLayers()));
  int64_t next = 0;
  auto place = [&](int64_t count) {
    const int64_t at = next;
    next += count;
    return at;
  };
  for (size_t i = 0; i < layers.size(); ++i) {
    const int64_t layer = int64_t(i) / network.directions();
    if (network.multipliesInput(layer))
      layers[i].input = place(rows * network.inputOf(layer));
    layers[i].recurrent = place(rows * network.output());
    if (network.projection)
      layers[i].projection = place(network.projection * network.hidden);
  }
  for (PseudoLayer &layer : layers) {
    if (network.hasInputBias())
      layer.inputBias = place(rows);
    if (network.hasRecurrentBias())
      layer.recurrentBias = place(rows);
  }
  elements = next;
  return layers;
}

namespace {

// One matrix or bias of a pseudo-layer; offset -1: there is none.
struct Region {
  int64_t offset = -1, rows = 0, columns = 0;
};
struct LinearLayer {
  Region matrix, bias;
};

// `linear` counts the gates of the input, then the recurrent ones, then the projection.
LinearLayer linearLayer(const Network &network, int64_t pseudo, int64_t linear) {
  require(pseudo >= 0 && pseudo < network.pseudoLayers(), "there is no such pseudo-layer");
  const int64_t gates = network.gates(), hidden = network.hidden;
  require(linear >= 0 && linear < 2 * gates + (network.projection ? 1 : 0),
          "there is no such linLayerID");
  int64_t elements;
  const PseudoLayer layer = weightLayout(network, elements)[size_t(pseudo)];
  LinearLayer result;
  auto part = [](int64_t start, int64_t index, int64_t rows, int64_t columns) {
    return start < 0 ? Region{} : Region{start + index * rows * columns, rows, columns};
  };
  if (linear < gates) {
    result.matrix =
        part(layer.input, linear, hidden, network.inputOf(pseudo / network.directions()));
    result.bias = part(layer.inputBias, linear, hidden, 1);
  } else if (linear < 2 * gates) {
    result.matrix = part(layer.recurrent, linear - gates, hidden, network.output());
    result.bias = part(layer.recurrentBias, linear - gates, hidden, 1);
  } else {
    result.matrix = part(layer.projection, 0, network.projection, hidden);
  }
  return result;
}

// What the result descriptors and addresses say; without a region, a null address.
template <class Descriptor>
void describe(const Region &region, npudnnDataType_t type, const void *weights,
              std::shared_ptr<Descriptor> descriptor, void **address) {
  *address = nullptr;
  if (region.offset < 0) {
    descriptor->set = false;
    return;
  }
  *address =
      static_cast<char *>(const_cast<void *>(weights)) + size_t(region.offset) * elementBytes(type);
  descriptor->layout = packedLayout(type, {1, region.rows, region.columns});
  descriptor->set = true;
}

size_t weightBytes(const Network &network) {
  int64_t elements;
  weightLayout(network, elements);
  return size_t(elements) * elementBytes(network.type);
}

Network networkOf(const char *caller, npudnnRNNDescriptor_t rnn, npudnnTensorDescriptor_t x) {
  const Layout layout = layoutOf(x, "xDesc");
  return makeNetwork(caller, rnn, layout.type, layout.size(1));
}

void linearParameters(const char *caller, npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                      int pseudoLayer, npudnnTensorDescriptor_t xDesc,
                      npudnnFilterDescriptor_t wDesc, const void *w, int linear,
                      npudnnFilterDescriptor_t resultDesc, void **result, bool isBias) {
  streamOf(handle);
  const Network network = networkOf(caller, rnnDesc, xDesc);
  const auto weights = getSet<FilterDescriptor>(wDesc, "wDesc");
  requirePointer(w, "w");
  requirePointer(result, "the result");
  require(weights->layout.bytes() >= weightBytes(network), "wDesc is smaller than the weights");
  const LinearLayer layer = linearLayer(network, pseudoLayer, linear);
  describe(isBias ? layer.bias : layer.matrix, network.type, w,
           get<FilterDescriptor>(resultDesc, "the result's descriptor"), result);
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnGetRNNParamsSize(npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc,
                                      const npudnnTensorDescriptor_t xDesc, size_t *sizeInBytes,
                                      npudnnDataType_t dataType) {
  return dnnEntry("cudnnGetRNNParamsSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    const Network network = networkOf("cudnnGetRNNParamsSize", rnnDesc, xDesc);
    require(dataType == network.type, "dataType is not that of xDesc");
    *sizeInBytes = weightBytes(network);
  });
}

npudnnStatus_t npudnnGetRNNWeightSpaceSize(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                           size_t *weightSpaceSize) {
  return dnnEntry("cudnnGetRNNWeightSpaceSize", [&] {
    streamOf(handle);
    requirePointer(weightSpaceSize, "the result");
    *weightSpaceSize = weightBytes(makeNetwork("cudnnGetRNNWeightSpaceSize", rnnDesc));
  });
}

npudnnStatus_t npudnnGetRNNLinLayerMatrixParams(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc, const int pseudoLayer,
    const npudnnTensorDescriptor_t xDesc, const npudnnFilterDescriptor_t wDesc, const void *w,
    const int linLayerID, npudnnFilterDescriptor_t linLayerMatDesc, void **linLayerMat) {
  return dnnEntry("cudnnGetRNNLinLayerMatrixParams", [&] {
    linearParameters("cudnnGetRNNLinLayerMatrixParams", handle, rnnDesc, pseudoLayer, xDesc, wDesc,
                     w, linLayerID, linLayerMatDesc, linLayerMat, false);
  });
}

npudnnStatus_t npudnnGetRNNLinLayerBiasParams(
    npudnnHandle_t handle, const npudnnRNNDescriptor_t rnnDesc, const int pseudoLayer,
    const npudnnTensorDescriptor_t xDesc, const npudnnFilterDescriptor_t wDesc, const void *w,
    const int linLayerID, npudnnFilterDescriptor_t linLayerBiasDesc, void **linLayerBias) {
  return dnnEntry("cudnnGetRNNLinLayerBiasParams", [&] {
    linearParameters("cudnnGetRNNLinLayerBiasParams", handle, rnnDesc, pseudoLayer, xDesc, wDesc, w,
                     linLayerID, linLayerBiasDesc, linLayerBias, true);
  });
}

npudnnStatus_t npudnnGetRNNWeightParams(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                        int32_t pseudoLayer, size_t weightSpaceSize,
                                        const void *weightSpace, int32_t linLayerID,
                                        npudnnTensorDescriptor_t mDesc, void **mAddr,
                                        npudnnTensorDescriptor_t bDesc, void **bAddr) {
  return dnnEntry("cudnnGetRNNWeightParams", [&] {
    streamOf(handle);
    const Network network = makeNetwork("cudnnGetRNNWeightParams", rnnDesc);
    require(weightSpaceSize >= weightBytes(network), "weightSpaceSize is too small");
    requirePointer(mAddr, "mAddr");
    requirePointer(bAddr, "bAddr");
    const LinearLayer layer = linearLayer(network, pseudoLayer, linLayerID);
    requirePointer(weightSpace, "weightSpace");
    describe(layer.matrix, network.type, weightSpace, get<TensorDescriptor>(mDesc, "mDesc"), mAddr);
    describe(layer.bias, network.type, weightSpace, get<TensorDescriptor>(bDesc, "bDesc"), bAddr);
  });
}
