// See unions_by_value.h.
#include "unions_by_value.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace {

// Before code is emitted for anything: when all is read.
class ReturnUnionsInMemory : public ASTConsumer {
public:
  void HandleTranslationUnit(ASTContext &context) override {
    types = &context;
    for (const Type *type : context.getTypes())
      if (auto *named = dyn_cast<RecordType>(type))
        if (auto *record = dyn_cast_or_null<CXXRecordDecl>(named->getDecl()->getDefinition()))
          if (!record->isDependentType() && !record->isInvalidDecl() && losesBytes(*record))
            record->setArgPassingRestrictions(RecordDecl::APK_CannotPassInRegs);
  }

private:
  static const CXXRecordDecl *recordOf(QualType type) {
    return type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl();
  }

  uint64_t valueBits(const FieldDecl &field) const {
    if (field.isBitField())
      return field.isUnnamedBitfield() ? 0 : field.getBitWidthValue(*types);
    // May lie in others' bytes: [[no_unique_address]].
    const CXXRecordDecl *record = recordOf(field.getType());
    return record && record->isEmpty() ? 0 : valueBits(field.getType());
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
      bits += valueBits(*field);
    return bits * (size / types->getTypeSize(types->getRecordType(record)));
  }

  bool hasHoles(QualType type) const {
    return recordOf(type) && valueBits(type) < types->getTypeSize(type);
  }

  // A union, or something with one in it, whose members have holes.
  bool losesBytes(const CXXRecordDecl &record) {
    const auto known = answers.find(&record);
    if (known != answers.end())
      return known->second;
    const auto holds = [this](QualType type) {
      const CXXRecordDecl *part = recordOf(type);
      return part && losesBytes(*part);
    };
    const bool answer = llvm::any_of(record.fields(),
                                     [&](const FieldDecl *field) {
                                       return (record.isUnion() && hasHoles(field->getType())) ||
                                              holds(field->getType());
                                     }) ||
                        llvm::any_of(record.bases(), [&](const CXXBaseSpecifier &base) {
                          return holds(base.getType());
                        });
    return answers[&record] = answer;
  }

  llvm::DenseMap<const CXXRecordDecl *, bool> answers;
  ASTContext *types = nullptr;
};

} // namespace

std::unique_ptr<ASTConsumer> npu::returnUnionsInMemory() {
  return std::make_unique<ReturnUnionsInMemory>();
}
