// See deduction_guides.h. Consumers see a namespace when it is closed, so this one looks for new
// guides behind each semicolon.
#include "deduction_guides.h"

#include "host_callers.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/ADT/DenseMap.h"

using namespace clang;

namespace npu {

namespace {

class Guides : public SemaConsumer {
public:
  explicit Guides(const HostCallers *callers) : callers(callers) {}
  void InitializeSema(Sema &started) override {
    sema = &started;
    sema->getPreprocessor().setTokenWatcher([this](const Token &token) {
      if (behindSemicolon && sema)
        shareRecent();
      behindSemicolon = token.is(tok::semi);
      if (callers && sema)
        shareDeclared(token);
    });
  }
  void ForgetSema() override { sema = nullptr; }

private:
  // Between a function's name and what follows its declarator, Clang makes declarations those of
  // both sides. It acts on a declarator when it has seen the next token, but not the one behind.
  void shareDeclared(const Token &token) {
    if (behindDeclarator) {
      sema->PopForceCUDAHostDevice();
      inDeclarator = behindDeclarator = false;
    }
    if (inDeclarator)
      behindDeclarator = token.isOneOf(tok::semi, tok::l_brace);
    else if (callers->call(token, behindOperator, sema->getPreprocessor())) {
      sema->PushForceCUDAHostDevice();
      inDeclarator = true;
    }
    behindOperator = token.is(tok::kw_operator);
  }

  // What the contexts that are open have got since the last time.
  void shareRecent() {
    for (DeclContext *open = sema->CurContext; open; open = open->getLexicalParent()) {
      Decl *&last = seen[open];
      Decl *next = last ? last->getNextDeclInContext() : *open->noload_decls_begin();
      for (; next; next = next->getNextDeclInContext())
        share(*(last = next));
    }
  }

  void share(Decl &declaration) {
    auto *pattern = dyn_cast<FunctionTemplateDecl>(&declaration);
    auto *guide =
        dyn_cast<CXXDeductionGuideDecl>(pattern ? pattern->getTemplatedDecl() : &declaration);
    if (!guide || guide->hasAttr<CUDADeviceAttr>())
      return;
    guide->addAttr(CUDAHostAttr::CreateImplicit(sema->Context));
    guide->addAttr(CUDADeviceAttr::CreateImplicit(sema->Context));
  }

  const HostCallers *callers;
  Sema *sema = nullptr;
  bool behindSemicolon = false;
  bool inDeclarator = false, behindDeclarator = false, behindOperator = false;
  llvm::DenseMap<DeclContext *, Decl *> seen; // the last one of each context
};

} // namespace

std::unique_ptr<ASTConsumer> shareDeductionGuides(const HostCallers *callers) {
  return std::make_unique<Guides>(callers);
}

} // namespace npu
