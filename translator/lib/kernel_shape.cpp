// See kernel_shape.h. What is looked for:
//   sums in a loop of products of two arrays' elements. Whether an index depends on the thread, on
//   the loops or on both tells a matrix product, a matrix times a vector and a convolution apart;
//   maxima in nested loops (pooling), exponentials with a sum and a division (softmax), sums with a
//   root (normalization), an elementwise function without loops (activation), sums in a loop.
#include "kernel_shape.h"

#include "clang/AST/RecursiveASTVisitor.h"

#include <set>

using namespace npu;

namespace {

using Declarations = std::set<const clang::Decl *>;

// The variables and functions that an expression names.
class Names : public clang::RecursiveASTVisitor<Names> {
public:
  bool VisitDeclRefExpr(clang::DeclRefExpr *reference) {
    declarations.insert(reference->getDecl());
    words.insert(reference->getDecl()->getNameAsString());
    return true;
  }
  bool VisitUnresolvedLookupExpr(clang::UnresolvedLookupExpr *lookup) {
    words.insert(lookup->getName().getAsString());
    return true;
  }
  bool VisitArraySubscriptExpr(clang::ArraySubscriptExpr *element) {
    elements.push_back(element);
    return true;
  }
  bool hasAny(const Declarations &others) const {
    return std::any_of(others.begin(), others.end(),
                       [&](const clang::Decl *each) { return declarations.count(each); });
  }
  bool calls(std::initializer_list<llvm::StringRef> functions) const {
    return std::any_of(functions.begin(), functions.end(),
                       [&](llvm::StringRef each) { return words.count(each.str()); });
  }

  Declarations declarations;
  std::set<std::string> words;
  std::vector<clang::ArraySubscriptExpr *> elements;
};

Names namesIn(const clang::Stmt *statement) {
  Names names;
  names.TraverseStmt(const_cast<clang::Stmt *>(statement));
  return names;
}

const clang::Decl *arrayOf(const clang::ArraySubscriptExpr *element) {
  const clang::Expr *base = element->getBase()->IgnoreParenImpCasts();
  while (const auto *inner = llvm::dyn_cast<clang::ArraySubscriptExpr>(base))
    base = inner->getBase()->IgnoreParenImpCasts();
  if (const auto *member = llvm::dyn_cast<clang::MemberExpr>(base)) // A.elements[i]
    base = member->getBase()->IgnoreParenImpCasts();
  const auto *reference = llvm::dyn_cast<clang::DeclRefExpr>(base);
  return reference ? reference->getDecl() : nullptr;
}

class ShapeWatch : public clang::RecursiveASTVisitor<ShapeWatch> {
public:
  bool TraverseForStmt(clang::ForStmt *loop) {
    // A loop over what the thread owns (i = thread; i < n; i += threads) is none of the operation.
    if (!noteLoopVariables(loop->getInit()))
      return RecursiveASTVisitor::TraverseForStmt(loop);
    return inLoop([&] { return RecursiveASTVisitor::TraverseForStmt(loop); });
  }
  bool TraverseWhileStmt(clang::WhileStmt *loop) {
    return inLoop([&] { return RecursiveASTVisitor::TraverseWhileStmt(loop); });
  }
  bool TraverseDoStmt(clang::DoStmt *loop) {
    return inLoop([&] { return RecursiveASTVisitor::TraverseDoStmt(loop); });
  }

  bool VisitVarDecl(clang::VarDecl *variable) {
    if (variable->hasInit() && dependsOnThread(variable->getInit())) {
      ofThread.insert(variable);
      ofLoops.erase(variable);
    }
    return true;
  }

  bool VisitBinaryOperator(clang::BinaryOperator *operation) {
    if (operation->getOpcode() == clang::BO_Div)
      divides = true;
    if (operation->getOpcode() == clang::BO_GT || operation->getOpcode() == clang::BO_LT)
      if (loopDepth > 0 && !namesIn(operation).elements.empty()) {
        maximum = true;
        compares |= loopDepth > 1;
      }
    if (!operation->isAssignmentOp())
      return true;
    divides |= operation->getOpcode() == clang::BO_DivAssign;
    const clang::Expr *target = operation->getLHS()->IgnoreParenImpCasts();
    if (dependsOnThread(operation->getRHS()))
      if (const auto *name = llvm::dyn_cast<clang::DeclRefExpr>(target);
          name && !ofLoops.count(name->getDecl()) && name->getType()->isIntegerType())
        ofThread.insert(name->getDecl());
    noteAssignment(*operation, *target);
    return true;
  }

  bool VisitCallExpr(clang::CallExpr *call) {
    Names names = namesIn(call->getCallee());
    exponential |= names.calls({"exp", "expf", "__expf", "exp2f", "hexp"});
    root |= names.calls({"sqrt", "sqrtf", "rsqrt", "rsqrtf", "__fsqrt_rn", "__frsqrt_rn"});
    activation |= names.calls({"tanh", "tanhf", "erf", "erff"});
    matrixUnit |= names.calls({"mma_sync", "wgmma"});
    synchronises |= names.calls({"__syncthreads", "sync"});
    if (names.calls({"max", "fmax", "fmaxf", "__hmax"})) {
      maximum = true;
      maximumInLoops |= loopDepth > 1;
      for (const clang::Expr *argument : call->arguments())
        if (isZero(argument))
          activation = true;
    }
    if (names.calls({"fma", "fmaf", "__fmaf_rn", "__hfma"}) && call->getNumArgs() == 3 &&
        loopDepth > 0)
      noteProduct(call->getArg(0), call->getArg(1));
    return true;
  }

  bool VisitConditionalOperator(clang::ConditionalOperator *choice) {
    activation |= isZero(choice->getFalseExpr()) || isZero(choice->getTrueExpr());
    return true;
  }

  std::string shape() const {
    if (matrixUnit || (product && firstByThread && secondByThread))
      return "matrix_product";
    if (product && (firstByThread || secondByThread))
      return productDepth > 1 || slides ? "convolution" : "matrix_vector";
    if (exponential && divides && sums && maximum)
      return "softmax";
    if (root && divides && sums)
      return "normalization";
    if ((maximumInLoops || compares) && deepest > 1 && !product)
      return "pooling";
    if (foldsArray && synchronises)
      return "reduction";
    if (loops == 0 && (activation || (exponential && divides)) && elementwiseStores == 1)
      return "activation";
    return "";
  }

private:
  template <typename F> bool inLoop(F traverse) {
    ++loops;
    ++loopDepth;
    deepest = std::max(deepest, loopDepth);
    bool result = traverse();
    --loopDepth;
    return result;
  }

  // False: what the loop counts begins at the thread's own place.
  bool noteLoopVariables(clang::Stmt *start) {
    if (!start)
      return true;
    bool counts = true;
    auto note = [&](const clang::Decl *variable, const clang::Expr *value) {
      if (dependsOnThread(value)) {
        counts = false;
      } else {
        ofLoops.insert(variable);
        ofThread.erase(variable);
      }
    };
    if (auto *declared = llvm::dyn_cast<clang::DeclStmt>(start)) {
      for (clang::Decl *each : declared->decls())
        if (auto *variable = llvm::dyn_cast<clang::VarDecl>(each); variable && variable->hasInit())
          note(variable, variable->getInit());
    } else if (auto *assigned = llvm::dyn_cast<clang::BinaryOperator>(start);
               assigned && assigned->isAssignmentOp()) {
      if (auto *name =
              llvm::dyn_cast<clang::DeclRefExpr>(assigned->getLHS()->IgnoreParenImpCasts()))
        note(name->getDecl(), assigned->getRHS());
    }
    return counts;
  }

  bool dependsOnThread(const clang::Expr *expression) const {
    Names names = namesIn(expression);
    return names.calls({"threadIdx", "blockIdx", "thread_rank", "thread_index"}) ||
           names.hasAny(ofThread);
  }

  static bool isZero(const clang::Expr *expression) {
    expression = expression->IgnoreParenImpCasts();
    if (const auto *integer = llvm::dyn_cast<clang::IntegerLiteral>(expression))
      return integer->getValue() == 0;
    if (const auto *number = llvm::dyn_cast<clang::FloatingLiteral>(expression))
      return number->getValue().isZero();
    return false;
  }

  void noteAssignment(const clang::BinaryOperator &operation, const clang::Expr &target) {
    const auto *element = llvm::dyn_cast<clang::ArraySubscriptExpr>(&target);
    if (element && loopDepth == 0 && dependsOnThread(element->getIdx()) &&
        !element->getType()->isIntegerType())
      ++elementwiseStores;
    const clang::Expr *value = operation.getOpcode() == clang::BO_AddAssign
                                   ? operation.getRHS()->IgnoreParenImpCasts()
                                   : addedTo(operation, target);
    if (!value || loopDepth == 0)
      return;
    Names names = namesIn(value);
    if (names.elements.empty() && !operation.getLHS()->getType()->isRealFloatingType())
      return; // counting
    sums = true;
    for (const clang::ArraySubscriptExpr *each : names.elements)
      foldsArray |= element && arrayOf(element) && arrayOf(each) == arrayOf(element);
    if (const auto *times = llvm::dyn_cast<clang::BinaryOperator>(value->IgnoreParenImpCasts());
        times && times->getOpcode() == clang::BO_Mul)
      noteProduct(times->getLHS(), times->getRHS());
  }

  // x = x + value or x = value + x: the value.
  static const clang::Expr *addedTo(const clang::BinaryOperator &operation,
                                    const clang::Expr &target) {
    const auto *sum =
        llvm::dyn_cast<clang::BinaryOperator>(operation.getRHS()->IgnoreParenImpCasts());
    const auto *name = llvm::dyn_cast<clang::DeclRefExpr>(&target);
    if (!sum || sum->getOpcode() != clang::BO_Add || !name)
      return nullptr;
    auto isTarget = [&](const clang::Expr *side) {
      const auto *other = llvm::dyn_cast<clang::DeclRefExpr>(side->IgnoreParenImpCasts());
      return other && other->getDecl() == name->getDecl();
    };
    return isTarget(sum->getLHS())   ? sum->getRHS()
           : isTarget(sum->getRHS()) ? sum->getLHS()
                                     : nullptr;
  }

  struct Operand {
    bool found = false, byThread = false, byLoop = false, slides = false;
    const clang::Decl *array = nullptr;
    std::string index;
  };

  Operand operandOf(const clang::Expr *expression) const {
    Operand operand;
    Names names = namesIn(expression);
    if (names.elements.empty())
      return operand;
    const clang::ArraySubscriptExpr *element = names.elements.front();
    operand.found = true;
    operand.array = arrayOf(element);
    Names all = namesIn(element);
    operand.byLoop = all.hasAny(ofLoops);
    operand.byThread = all.hasAny(ofThread) || all.calls({"threadIdx", "blockIdx"});
    // in[thread + k]: nothing is multiplied, so neighbours read overlapping windows.
    operand.slides = operand.byThread && operand.byLoop && !multiplies(element->getIdx());
    return operand;
  }

  static bool multiplies(const clang::Expr *expression) {
    if (const auto *operation =
            llvm::dyn_cast<clang::BinaryOperator>(expression->IgnoreParenImpCasts()))
      return operation->getOpcode() == clang::BO_Mul || multiplies(operation->getLHS()) ||
             multiplies(operation->getRHS());
    return false;
  }

  void noteProduct(const clang::Expr *left, const clang::Expr *right) {
    Operand first = operandOf(left), second = operandOf(right);
    if (!first.found || !second.found || !first.array || !second.array ||
        first.array == second.array || !(first.byLoop && second.byLoop))
      return;
    product = true;
    productDepth = std::max(productDepth, loopDepth);
    firstByThread |= first.byThread;
    secondByThread |= second.byThread;
    slides |= first.slides || second.slides;
  }

  Declarations ofThread, ofLoops;
  unsigned loops = 0, loopDepth = 0, deepest = 0, productDepth = 0, elementwiseStores = 0;
  bool product = false, firstByThread = false, secondByThread = false, slides = false;
  bool matrixUnit = false, sums = false, foldsArray = false, synchronises = false;
  bool divides = false, compares = false, exponential = false, root = false, activation = false;
  bool maximum = false, maximumInLoops = false;
};

} // namespace

std::string npu::tensorShapeOf(const clang::FunctionDecl &kernel) {
  ShapeWatch watch;
  watch.TraverseStmt(kernel.getBody());
  return watch.shape();
}
