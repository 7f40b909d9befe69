// Texture and surface references: host variables of the program whose device side is an address
// that the host binds. Everything in here may be called from any thread.
#pragma once

#include "registration.h"

namespace npu::core {

enum class ReferenceKind { Texture, NormalizedTexture, Surface };

void addReference(const std::shared_ptr<Binary> &binary, const void *host, const char *name,
                  ReferenceKind kind);
void removeReferences(const Binary &binary);

} // namespace npu::core
