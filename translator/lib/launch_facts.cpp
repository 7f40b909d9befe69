// See launch_facts.h.
#include "launch_facts.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/PrettyPrinter.h"
#include "clang/Lex/Lexer.h"

using namespace npu;

namespace {

clang::PrintingPolicy printingPolicy(const clang::ASTContext &context) {
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.SuppressTagKeyword = true;
  policy.Bool = true;
  return policy;
}

std::string writtenText(const clang::ASTContext &context, const clang::Expr *expression) {
  clang::SourceRange range = expression->getSourceRange();
  return clang::Lexer::getSourceText(clang::CharSourceRange::getTokenRange(range),
                                     context.getSourceManager(), context.getLangOpts())
      .str();
}

// Default arguments of `kernel` from the parameter `first` on, as the kernel's author wrote them.
std::vector<std::string> defaultArguments(const clang::ASTContext &context,
                                          const clang::FunctionDecl &kernel, unsigned first) {
  std::vector<std::string> result;
  for (unsigned i = first; i < kernel.getNumParams(); ++i) {
    const clang::ParmVarDecl *parameter = kernel.getParamDecl(i);
    if (!parameter->hasDefaultArg())
      break;
    const clang::Expr *value = parameter->hasUninstantiatedDefaultArg()
                                   ? parameter->getUninstantiatedDefaultArg()
                                   : parameter->getDefaultArg();
    result.push_back(writtenText(context, value));
  }
  return result;
}

std::string printed(const clang::ASTContext &context, llvm::ArrayRef<clang::TemplateArgument> all) {
  std::string text;
  llvm::raw_string_ostream out(text);
  clang::printTemplateArgumentList(out, all, printingPolicy(context));
  return out.str();
}

void noteResolved(const clang::ASTContext &context, const clang::CUDAKernelCallExpr &launch,
                  const clang::DeclRefExpr &callee, const clang::FunctionDecl &kernel,
                  LaunchFact &fact) {
  const clang::TemplateArgumentList *arguments = kernel.getTemplateSpecializationArgs();
  unsigned written = callee.getNumTemplateArgs();
  bool allWritten = arguments && written >= arguments->size();
  if (arguments && !allWritten) {
    fact.templateArguments = printed(context, arguments->asArray());
    // "(lambda at ...)", "(anonymous namespace)::...": what has no name cannot be written out.
    fact.byTheCompiler = llvm::StringRef(fact.templateArguments).contains('(');
  } else if (!arguments && callee.hadMultipleCandidates())
    fact.overloadCast =
        context.getPointerType(kernel.getType()).getAsString(printingPolicy(context));
  unsigned given = 0;
  while (given < launch.getNumArgs() && !llvm::isa<clang::CXXDefaultArgExpr>(launch.getArg(given)))
    ++given;
  fact.defaultArguments = defaultArguments(context, kernel, given);
}

void noteDependent(const clang::ASTContext &context, const clang::CUDAKernelCallExpr &launch,
                   const clang::OverloadExpr &callee, LaunchFact &fact) {
  if (callee.getNumDecls() != 1) {
    fact.byTheCompiler = true;
    return;
  }
  const clang::NamedDecl *only = (*callee.decls_begin())->getUnderlyingDecl();
  const clang::FunctionDecl *kernel = only->getAsFunction();
  if (!kernel)
    return;
  if (const auto *made = llvm::dyn_cast<clang::FunctionTemplateDecl>(only)) {
    const clang::TemplateParameterList &all = *made->getTemplateParameters();
    fact.byTheCompiler = callee.getNumTemplateArgs() < all.size() || all.hasParameterPack();
  }
  fact.defaultArguments = defaultArguments(context, *kernel, launch.getNumArgs());
}

} // namespace

void npu::noteLaunch(clang::ASTContext &context, const clang::CUDAKernelCallExpr &launch,
                     FactPlaces &places) {
  const clang::Expr *callee = launch.getCallee()->IgnoreParenImpCasts();
  LaunchFact fact;
  if (const auto *reference = llvm::dyn_cast<clang::DeclRefExpr>(callee)) {
    if (const auto *kernel = llvm::dyn_cast<clang::FunctionDecl>(reference->getDecl()))
      noteResolved(context, launch, *reference, *kernel, fact);
  } else if (const auto *lookup = llvm::dyn_cast<clang::OverloadExpr>(callee)) {
    noteDependent(context, launch, *lookup, fact);
  } else if (llvm::isa<clang::DependentScopeDeclRefExpr>(callee)) {
    fact.byTheCompiler = true; // whether it is a template, nobody knows
  }                            // else a pointer: it needs nothing
  // The callee of the configuration stands at "<<<".
  FactPlaces::Place at = places.place(launch.getConfig()->getCallee()->getBeginLoc());
  if (!at.file)
    return;
  auto [known, isNew] = at.file->launches.try_emplace(at.offset, fact);
  // A launch in a macro may mean a different kernel at each use.
  if (!isNew && !(known->second == fact))
    known->second.byTheCompiler = true;
}
