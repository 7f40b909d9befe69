// See deduction_guides.h.
#include "deduction_guides.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"

using namespace clang;

namespace npu {

namespace {

class Guides : public ASTConsumer {
  void Initialize(ASTContext &of) override { context = &of; }

  bool HandleTopLevelDecl(DeclGroupRef group) override {
    for (Decl *declaration : group)
      share(*declaration);
    return true;
  }

  void share(Decl &declaration) {
    if (isa<NamespaceDecl, LinkageSpecDecl>(declaration)) {
      for (Decl *each : cast<DeclContext>(&declaration)->decls())
        share(*each);
      return;
    }
    auto *pattern = dyn_cast<FunctionTemplateDecl>(&declaration);
    auto *guide =
        dyn_cast<CXXDeductionGuideDecl>(pattern ? pattern->getTemplatedDecl() : &declaration);
    if (!guide || guide->hasAttr<CUDADeviceAttr>())
      return;
    guide->addAttr(CUDAHostAttr::CreateImplicit(*context));
    guide->addAttr(CUDADeviceAttr::CreateImplicit(*context));
  }

  ASTContext *context = nullptr;
};

} // namespace

std::unique_ptr<ASTConsumer> shareDeductionGuides() { return std::make_unique<Guides>(); }

} // namespace npu
