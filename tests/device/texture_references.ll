; RUN: npu-opt -pass=texture-references %s | FileCheck %s
; A reference's variable is one that the host can name, its handle is its address, and a descriptor's
; loads are invariant.
target triple = "nvptx64-nvidia-cuda"

; CHECK: @image = {{.*}}addrspace(1) externally_initialized global i64 0
@image = internal addrspace(1) global i64 undef, align 4
; CHECK: @other = internal addrspace(1) global i64 undef
@other = internal addrspace(1) global i64 undef, align 4

; CHECK-LABEL: define i32 @kernel
define i32 @kernel(i8* %field) {
  ; CHECK: ptrtoint {{.*}}@image{{.*}} to i64
  %handle = call i64 @llvm.nvvm.texsurf.handle.internal.p1i64(i64 addrspace(1)* @image)
  %pointer = inttoptr i64 %handle to i8*
  ; CHECK: load i32, {{.*}}!invariant.load
  %a = call i32 @__npu_constant_i32(i8* %pointer)
  ; CHECK: load i64, {{.*}}!invariant.load
  %b = call i64 @__npu_constant_i64(i8* %field)
  %c = trunc i64 %b to i32
  %d = add i32 %a, %c
  ret i32 %d
}
; CHECK-NOT: __npu_constant

declare i64 @llvm.nvvm.texsurf.handle.internal.p1i64(i64 addrspace(1)*)
declare i32 @__npu_constant_i32(i8*)
declare i64 @__npu_constant_i64(i8*)

!nvvm.annotations = !{!0}
!0 = !{i64 addrspace(1)* @image, !"texture", i32 1}
