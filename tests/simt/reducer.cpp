// Delta debugging over the kernel's tree: statements go, bodies take the place of what is around
// them, expressions become a part of themselves or 1, the block becomes smaller. A cut that gives a
// program without a defined answer is undone like one that makes the result right.
#include "reducer.h"

#include "workers.h"

#include <cstdio>
#include <functional>

namespace simt {

namespace {

Verdict::Kind verdictOf(const Kernel &kernel, Lowering lowering, unsigned optimize,
                        std::string *text = nullptr) {
  Worker worker([&] { return check({kernel}, {lowering}, optimize); }, 60);
  Outcome outcome = worker.finish();
  Verdict verdict = {Verdict::Failed, outcome.death};
  if (outcome.death.empty() && !outcome.verdicts.empty())
    verdict = outcome.verdicts.begin()->second;
  if (text)
    *text = verdict.text;
  return verdict.kind;
}

class Reducer {
public:
  Reducer(Kernel kernel, Lowering lowering, unsigned optimize)
      : kernel(std::move(kernel)), lowering(lowering), optimize(optimize) {}

  bool run() {
    std::string text;
    wanted = verdictOf(kernel, lowering, optimize, &text);
    if (wanted == Verdict::Same)
      return false;
    std::printf("%s: %s\n", nameOf(wanted), text.c_str());
    do {
      changed = false;
      smallerShape();
      body(kernel.body);
      for (HelperFunction &function : kernel.functions)
        body(function.body);
      while (!kernel.functions.empty() && tryHere([&] { kernel.functions.pop_back(); }))
        ;
      expressionsOf(kernel.body);
      for (HelperFunction &function : kernel.functions)
        expressionsOf(function.body);
    } while (changed);
    verdictOf(kernel, lowering, optimize, &text);
    const Shape &shape = kernel.shape;
    std::printf("after %u attempts: %s\n", attempts, text.c_str());
    if (wanted == Verdict::Different)
      std::printf("first other answer after: %s\n", guiltyPass(kernel, lowering, optimize).c_str());
    std::printf("// <<<dim3(%u, %u), dim3(%u, %u, %u), %u>>>, %s, -O%u\n%s", shape.gridX,
                shape.gridY, shape.x, shape.y, shape.z, kernel.dynamicShared, nameOf(lowering),
                optimize, kernel.text().c_str());
    return true;
  }

private:
  // Keeps what `cut` does to the kernel if it stays wrong in the same way.
  bool tryHere(const std::function<void()> &cut) {
    Kernel before = kernel;
    cut();
    ++attempts;
    if (verdictOf(kernel, lowering, optimize) == wanted) {
      changed = true;
      return true;
    }
    kernel = std::move(before);
    return false;
  }

  void smallerShape() {
    const Shape shape = kernel.shape;
    for (Shape smaller :
         {Shape{1, 1, 1, 1, 1}, Shape{2, 1, 1, 1, 1}, Shape{32, 1, 1, 1, 1},
          Shape{shape.threads(), 1, 1, 1, 1}, Shape{shape.x, shape.y, shape.z, 1, 1}})
      if (smaller.threads() * smaller.blocks() < shape.threads() * shape.blocks() &&
          tryHere([&] { kernel.shape = smaller; }))
        return;
  }

  // Statements are named by their path, because an undone cut replaces the whole tree.
  using Path = std::vector<size_t>; // statement, body, statement, body...
  std::vector<Statement> &at(std::vector<Statement> &top, const Path &path) {
    std::vector<Statement> *body = &top;
    for (size_t i = 0; i + 1 < path.size(); i += 2)
      body = &(*body)[path[i]].bodies[path[i + 1]];
    return *body;
  }

  void body(std::vector<Statement> &top, const Path &path = {}) {
    for (size_t size = at(top, path).size(); size > 0; size /= 2)
      for (size_t first = at(top, path).size(); first > 0;) {
        first = first > size ? first - size : 0;
        size_t count = std::min(size, at(top, path).size() - std::min(first, at(top, path).size()));
        if (count)
          tryHere([&] {
            auto &list = at(top, path);
            list.erase(list.begin() + long(first), list.begin() + long(first + count));
          });
      }
    for (size_t i = 0; i < at(top, path).size(); ++i) {
      for (size_t k = 0; k < at(top, path)[i].bodies.size(); ++k) {
        bool done = tryHere([&] {
          auto &list = at(top, path);
          std::vector<Statement> inner = std::move(list[i].bodies[k]);
          list.erase(list.begin() + long(i));
          list.insert(list.begin() + long(i), inner.begin(), inner.end());
        });
        if (done)
          break;
        Path deeper = path;
        deeper.insert(deeper.end(), {i, k});
        body(top, deeper);
      }
    }
  }

  void expressionsOf(std::vector<Statement> &top, const Path &path = {}) {
    for (size_t i = 0; i < at(top, path).size(); ++i) {
      for (size_t e = 0; e < at(top, path)[i].expressions.size(); ++e)
        expression([&]() -> Expression & { return at(top, path)[i].expressions[e]; });
      for (size_t k = 0; k < at(top, path)[i].bodies.size(); ++k) {
        Path deeper = path;
        deeper.insert(deeper.end(), {i, k});
        expressionsOf(top, deeper);
      }
    }
  }

  void expression(const std::function<Expression &()> &place) {
    if (place().parts.empty())
      return;
    Type type = place().type;
    Expression one = {
        type, type == Type::Bool ? "true" : std::string("(") + nameOf(type) + ")1", {}};
    if (tryHere([&] { place() = one; }))
      return;
    for (size_t k = 0; k < place().parts.size(); ++k)
      if (place().parts[k].type == type && tryHere([&] {
            Expression part = place().parts[k];
            place() = part;
          }))
        return expression(place);
    for (size_t k = 0; k < place().parts.size(); ++k)
      expression([&place, k]() -> Expression & { return place().parts[k]; });
  }

  Kernel kernel;
  Lowering lowering;
  unsigned optimize, attempts = 0;
  Verdict::Kind wanted = Verdict::Same;
  bool changed = false;
};

} // namespace

bool reduce(Kernel kernel, Lowering lowering, unsigned optimize) {
  return Reducer(std::move(kernel), lowering, optimize).run();
}

} // namespace simt
