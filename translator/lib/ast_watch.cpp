// See ast_watch.h. Templates are seen as written, not as instantiated: each place is visited once.
#include "ast_watch.h"
#include "api_table.h"
#include "kernel_shape.h"
#include "launch_facts.h"

#include "clang/AST/RecursiveASTVisitor.h"

using namespace npu;

namespace {

class AstWatch : public clang::RecursiveASTVisitor<AstWatch> {
public:
  AstWatch(clang::ASTContext &context, FactPlaces &places) : context(context), places(places) {}

  bool VisitNamedDecl(clang::NamedDecl *declaration) {
    if (llvm::isa<clang::UsingDirectiveDecl>(declaration))
      return true;
    if (auto *usingDeclaration = llvm::dyn_cast<clang::UsingDecl>(declaration)) {
      for (const clang::UsingShadowDecl *shadow : usingDeclaration->shadows())
        noteReference(usingDeclaration->getLocation(), shadow->getTargetDecl());
      return true;
    }
    noteReference(declaration->getLocation(), declaration);
    if (auto *alias = llvm::dyn_cast<clang::NamespaceAliasDecl>(declaration))
      noteReference(alias->getTargetNameLoc(), alias->getNamespace());
    if (declaration->getIdentifier() && isUsers(declaration) &&
        places.isUsers(declaration->getLocation()))
      places.facts.userNames.insert(declaration->getName().str());
    return true;
  }

  bool VisitUsingDirectiveDecl(clang::UsingDirectiveDecl *directive) {
    noteReference(directive->getIdentLocation(), directive->getNominatedNamespace());
    return true;
  }

  bool VisitDeclRefExpr(clang::DeclRefExpr *reference) {
    noteReference(reference->getLocation(), reference->getDecl());
    return true;
  }

  bool VisitMemberExpr(clang::MemberExpr *member) {
    places.noteUser(member->getMemberLoc());
    return true;
  }
  bool VisitUnresolvedMemberExpr(clang::UnresolvedMemberExpr *member) {
    places.noteUser(member->getNameLoc());
    return true;
  }
  bool VisitCXXDependentScopeMemberExpr(clang::CXXDependentScopeMemberExpr *member) {
    places.noteUser(member->getMemberLoc());
    return true;
  }
  bool VisitDependentScopeDeclRefExpr(clang::DependentScopeDeclRefExpr *reference) {
    places.noteUser(reference->getLocation());
    return true;
  }
  bool VisitUnresolvedLookupExpr(clang::UnresolvedLookupExpr *lookup) {
    for (const clang::NamedDecl *candidate : lookup->decls())
      noteReference(lookup->getNameLoc(), candidate);
    return true;
  }
  bool TraverseConstructorInitializer(clang::CXXCtorInitializer *initializer) {
    if (initializer->isWritten() && initializer->isMemberInitializer())
      places.noteUser(initializer->getMemberLocation());
    return RecursiveASTVisitor::TraverseConstructorInitializer(initializer);
  }
  bool TraverseLambdaCapture(clang::LambdaExpr *lambda, const clang::LambdaCapture *capture,
                             clang::Expr *initializer) {
    if (capture->isExplicit() && capture->capturesVariable())
      noteReference(capture->getLocation(), capture->getCapturedVar());
    return RecursiveASTVisitor::TraverseLambdaCapture(lambda, capture, initializer);
  }

  bool VisitTypedefTypeLoc(clang::TypedefTypeLoc type) {
    noteReference(type.getNameLoc(), type.getTypedefNameDecl());
    return true;
  }
  bool VisitUsingTypeLoc(clang::UsingTypeLoc type) {
    noteReference(type.getNameLoc(), type.getFoundDecl()->getTargetDecl());
    return true;
  }
  bool VisitTagTypeLoc(clang::TagTypeLoc type) {
    noteReference(type.getNameLoc(), type.getDecl());
    return true;
  }
  bool VisitTemplateTypeParmTypeLoc(clang::TemplateTypeParmTypeLoc type) {
    places.noteUser(type.getNameLoc());
    return true;
  }
  bool VisitInjectedClassNameTypeLoc(clang::InjectedClassNameTypeLoc type) {
    noteReference(type.getNameLoc(), type.getDecl());
    return true;
  }
  bool VisitTemplateSpecializationTypeLoc(clang::TemplateSpecializationTypeLoc type) {
    if (const clang::TemplateDecl *made = type.getTypePtr()->getTemplateName().getAsTemplateDecl())
      noteReference(type.getTemplateNameLoc(), made);
    return true;
  }
  bool VisitDependentNameTypeLoc(clang::DependentNameTypeLoc type) {
    places.noteUser(type.getNameLoc());
    return true;
  }
  bool TraverseNestedNameSpecifierLoc(clang::NestedNameSpecifierLoc specifier) {
    if (specifier)
      if (const clang::NestedNameSpecifier *written = specifier.getNestedNameSpecifier()) {
        if (const clang::NamespaceDecl *space = written->getAsNamespace())
          noteReference(specifier.getLocalBeginLoc(), space);
        else if (const clang::NamespaceAliasDecl *alias = written->getAsNamespaceAlias())
          noteReference(specifier.getLocalBeginLoc(), alias);
      }
    return RecursiveASTVisitor::TraverseNestedNameSpecifierLoc(specifier);
  }

  bool VisitFunctionDecl(clang::FunctionDecl *function) {
    if (!function->hasAttr<clang::CUDAGlobalAttr>() || !function->isThisDeclarationADefinition() ||
        !function->hasBody())
      return true;
    if (FactPlaces::Place at = places.place(function->getLocation()); at.file)
      at.file->kernels[at.offset] = {function->getNameAsString(), tensorShapeOf(*function)};
    return true;
  }

  bool VisitCUDAKernelCallExpr(clang::CUDAKernelCallExpr *launch) {
    noteLaunch(context, *launch, places);
    return true;
  }

private:
  // An entity is the user's when no declaration of it stands in a header of ours or the system's: a
  // program may declare again what a header declares.
  bool isUsers(const clang::NamedDecl *declaration) {
    for (const clang::Decl *each : declaration->redecls()) {
      clang::SourceLocation location = each->getLocation();
      if (location.isInvalid() || !places.isUsers(location))
        return false;
    }
    return true;
  }

  // A function of the system's headers that kernels cannot call. The device may have another of
  // that name.
  bool isHostsOwn(const clang::NamedDecl *declaration) {
    const clang::FunctionDecl *function = declaration->getAsFunction();
    if (!function || function->hasAttr<clang::CUDADeviceAttr>() ||
        function->hasAttr<clang::CUDAGlobalAttr>())
      return false;
    for (const clang::Decl *each : function->redecls()) {
      const clang::SourceLocation location = each->getLocation();
      if (location.isInvalid() || places.isUsers(location) ||
          places.isOurs(places.sources.getFileID(places.sources.getExpansionLoc(location))))
        return false;
    }
    return true;
  }

  void noteReference(clang::SourceLocation location, const clang::NamedDecl *target) {
    if (location.isInvalid() || !target)
      return;
    if (const auto *shadow = llvm::dyn_cast<clang::UsingShadowDecl>(target))
      target = shadow->getTargetDecl();
    if (isUsers(target))
      places.noteUser(location);
    else if (isHostsOwn(target))
      places.noteSystem(location);
    else
      places.noteCompat(location);
  }

  clang::ASTContext &context;
  FactPlaces &places;
};

// Names that our headers offer at global scope, so that text which no AST node covers (an unused
// macro, a template that nobody instantiates) can be judged by name.
void noteGlobalNames(clang::ASTContext &context, clang::Preprocessor &preprocessor,
                     FactPlaces &places) {
  // A row says the same, and a name without a neutral spelling is of no use to anyone.
  auto matters = [](llvm::StringRef name) {
    return name == "cuda" || (!findRow(name) && !neutralByPrefix(name).empty());
  };
  auto isOurs = [&](clang::SourceLocation location) {
    return location.isValid() &&
           places.isOurs(places.sources.getFileID(places.sources.getExpansionLoc(location)));
  };
  for (const auto &entry : preprocessor.getIdentifierTable()) {
    const clang::IdentifierInfo *name = entry.getValue();
    if (!matters(name->getName()))
      continue;
    const clang::MacroInfo *macro = preprocessor.getMacroInfo(name);
    bool ours = macro && isOurs(macro->getDefinitionLoc());
    if (!ours)
      for (const clang::NamedDecl *found :
           context.getTranslationUnitDecl()->lookup(clang::DeclarationName(name)))
        ours = ours || isOurs(found->getLocation()) ||
               isOurs(found->getCanonicalDecl()->getLocation());
    if (ours)
      places.facts.compatNames.insert(name->getName().str());
  }
}

} // namespace

void npu::watchAst(clang::ASTContext &context, clang::Preprocessor &preprocessor,
                   FactPlaces &places) {
  // What stands in headers of ours or the system's has no place in a user's file.
  AstWatch watch(context, places);
  for (clang::Decl *declaration : context.getTranslationUnitDecl()->decls())
    if (places.isUsers(declaration->getLocation()) ||
        places.userFile(
            places.sources.getFileID(places.sources.getExpansionLoc(declaration->getLocation()))))
      watch.TraverseDecl(declaration);
  noteGlobalNames(context, preprocessor, places);
}
