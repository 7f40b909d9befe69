// A graph as a drawing for Graphviz.
#include "graph_conditional.h"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace npu::core {
namespace {

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

std::string detail(const GraphNode &node) {
  std::ostringstream out;
  if (const auto *launch = node.command ? std::get_if<Launch>(node.command.get()) : nullptr) {
    const Extent3 &grid = launch->grid, &block = launch->block;
    out << "\\n"
        << escaped(launch->image->kernels[launch->kernel].sourceName) << "\\n<<<(" << grid.x << ","
        << grid.y << "," << grid.z << "),(" << block.x << "," << block.y << "," << block.z << "),"
        << launch->dynamicSharedBytes << ">>>";
  } else if (node.type == npuGraphNodeTypeMemcpy) {
    out << "\\n"
        << node.copy.srcPtr.ptr << " -> " << node.copy.dstPtr.ptr << "\\n"
        << node.copy.extent.width << " x " << node.copy.extent.height << " x "
        << node.copy.extent.depth << " bytes";
  } else if (node.type == npuGraphNodeTypeMemset) {
    out << "\\n"
        << node.fill.dst << " = " << node.fill.value << "\\n"
        << node.fill.width << " x " << node.fill.height << " elements of " << node.fill.elementSize;
  } else if (node.memory) {
    out << "\\n" << node.memory->pointer << ", " << node.memory->bytes << " bytes";
  } else if (node.freed) {
    out << "\\n" << node.freed;
  }
  return out.str();
}

void write(std::ostream &out, const Graph &graph, const std::string &prefix) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode &node = *graph.nodes[i];
    out << "  \"n" << node.id << "\" [label=\"" << prefix << i << ": " << nodeTypeName(node.type)
        << detail(node) << "\"];\n";
    for (const GraphNode *before : node.before)
      out << "  \"n" << before->id << "\" -> \"n" << node.id << "\";\n";
    for (const Graph *inner : graphsOf(node)) {
      out << "  subgraph \"cluster_" << inner->id << "\" {\n  label=\"graph " << inner->id
          << "\";\n";
      write(out, *inner, prefix + std::to_string(i) + ".");
      out << "  }\n";
    }
  }
}

} // namespace

Status writeDot(npuGraph_t handle, const char *path, unsigned) {
  if (!path)
    return Status(npuErrorInvalidValue, "the path is null");
  std::ostringstream text;
  {
    std::lock_guard<std::mutex> lock(graphMutex());
    Graph *graph = nullptr;
    if (Status status = findGraph(handle, graph); !status)
      return status;
    text << "digraph \"graph_" << graph->id << "\" {\n  node [shape=box];\n";
    write(text, *graph, "");
    text << "}\n";
  }
  const std::string temporary = std::string(path) + ".tmp";
  std::ofstream file(temporary);
  file << text.str();
  file.close();
  if (!file || std::rename(temporary.c_str(), path) != 0)
    return Status(npuErrorOperatingSystem, std::string(path) + " cannot be written");
  return {};
}

} // namespace npu::core
