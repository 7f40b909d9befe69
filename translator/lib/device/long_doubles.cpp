// See long_doubles.h.
#include "device/long_doubles.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace npu {

namespace {

class LongDoubles : public ASTConsumer {
  void Initialize(ASTContext &of) override { context = &of; }

  // Instances of templates come here, too.
  bool HandleTopLevelDecl(DeclGroupRef group) override {
    for (const Decl *declaration : group)
      check(*declaration);
    return true;
  }

  void check(const Decl &declaration) {
    if (isa<NamespaceDecl, LinkageSpecDecl>(declaration)) {
      for (const Decl *each : cast<DeclContext>(&declaration)->decls())
        check(*each);
    } else if (auto *function = dyn_cast<FunctionDecl>(&declaration)) {
      if (!function->hasAttr<CUDAGlobalAttr>() || !function->isThisDeclarationADefinition())
        return;
      for (const ParmVarDecl *parameter : function->parameters())
        if (reaches(parameter->getType()))
          refuse(*parameter, "parameter");
    } else if (auto *variable = dyn_cast<VarDecl>(&declaration)) {
      const bool onDevice =
          variable->hasAttr<CUDADeviceAttr>() || variable->hasAttr<CUDAConstantAttr>();
      if (onDevice && !variable->isConstexpr() && reaches(variable->getType()))
        refuse(*variable, "variable");
    }
  }

  void refuse(const ValueDecl &declaration, llvm::StringRef kind) {
    DiagnosticsEngine &diagnostics = context->getDiagnostics();
    const unsigned id = diagnostics.getCustomDiagID(
        DiagnosticsEngine::Error,
        "%0 %1 shares a long double with the host, where it has 80 bits, while it is a double in "
        "device code; make it a double [npu-long-double]");
    diagnostics.Report(declaration.getLocation(), id) << kind << &declaration;
  }

  // Pointers of structs are not followed: what they point to may be the host's own.
  bool reaches(QualType type) {
    while (type->isPointerType())
      type = type->getPointeeType();
    return holds(type);
  }

  bool holds(QualType type) {
    type = type.getCanonicalType();
    if (auto *array = context->getAsArrayType(type))
      return holds(array->getElementType());
    if (auto *complex = type->getAs<ComplexType>())
      return holds(complex->getElementType());
    if (auto *atomic = type->getAs<AtomicType>())
      return holds(atomic->getValueType());
    if (const CXXRecordDecl *record = type->getAsCXXRecordDecl())
      return record->hasDefinition() && !record->isDependentContext() &&
             holds(*record->getDefinition());
    return type->isSpecificBuiltinType(BuiltinType::LongDouble);
  }

  bool holds(const CXXRecordDecl &record) {
    const auto [known, isNew] = answers.try_emplace(&record, false);
    if (!isNew)
      return known->second;
    const bool answer =
        llvm::any_of(record.fields(),
                     [this](const FieldDecl *field) { return holds(field->getType()); }) ||
        llvm::any_of(record.bases(),
                     [this](const CXXBaseSpecifier &base) { return holds(base.getType()); });
    return answers[&record] = answer;
  }

  llvm::DenseMap<const CXXRecordDecl *, bool> answers;
  ASTContext *context = nullptr;
};

} // namespace

std::unique_ptr<ASTConsumer> refuseSharedLongDoubles() { return std::make_unique<LongDoubles>(); }

} // namespace npu
