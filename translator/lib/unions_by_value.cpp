// See unions_by_value.h.
#include "unions_by_value.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace {

class ReturnUnionsInMemory : public ASTConsumer {
public:
  void Initialize(ASTContext &context) override { types = &context; }

  void HandleTagDeclDefinition(TagDecl *tag) override {
    auto *record = dyn_cast<CXXRecordDecl>(tag);
    // Before they know their types, templates have no layout.
    if (record && !record->isDependentType() && !record->isInvalidDecl() && losesBytes(*record))
      record->setArgPassingRestrictions(RecordDecl::APK_CannotPassInRegs);
  }

private:
  static const CXXRecordDecl *recordOf(QualType type) {
    return type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl();
  }

  // The bits that hold values; of what has holes, fewer than its size.
  uint64_t valueBits(QualType type) const {
    const CXXRecordDecl *record = recordOf(type);
    const uint64_t size = types->getTypeSize(type);
    if (!record || record->isUnion() || record->isEmpty() || size == 0)
      return size;
    uint64_t bits = 0;
    for (const CXXBaseSpecifier &base : record->bases())
      if (!recordOf(base.getType())->isEmpty())
        bits += valueBits(base.getType());
    for (const FieldDecl *field : record->fields())
      bits += field->isBitField() ? field->getBitWidthValue(*types) : valueBits(field->getType());
    return bits * (size / types->getTypeSize(types->getRecordType(record)));
  }

  // A union, or something with one in it, whose members have holes.
  bool losesBytes(const CXXRecordDecl &record) const {
    auto holes = [&](const FieldDecl *field) {
      return recordOf(field->getType()) &&
             valueBits(field->getType()) < types->getTypeSize(field->getType());
    };
    auto has = [&](QualType type) {
      const CXXRecordDecl *part = recordOf(type);
      return part && part->getArgPassingRestrictions() == RecordDecl::APK_CannotPassInRegs;
    };
    return (record.isUnion() && llvm::any_of(record.fields(), holes)) ||
           llvm::any_of(record.fields(), [&](const FieldDecl *f) { return has(f->getType()); }) ||
           llvm::any_of(record.bases(),
                        [&](const CXXBaseSpecifier &b) { return has(b.getType()); });
  }

  ASTContext *types = nullptr;
};

} // namespace

std::unique_ptr<ASTConsumer> npu::returnUnionsInMemory() {
  return std::make_unique<ReturnUnionsInMemory>();
}
