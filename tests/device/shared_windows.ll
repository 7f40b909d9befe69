; RUN: npu-opt -pass=shared-windows %s | FileCheck %s
; Handles are offsets: of the first variable from 0, of the next behind it.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"
@first = internal addrspace(3) global [10 x i32] undef, align 4
@dynamic = external addrspace(3) global [0 x i32], align 4

; An address from a known variable's handle is a part of that variable.
; CHECK-LABEL: define void @known
; CHECK: getelementptr {{.*}} @dynamic
; CHECK-NOT: select
; CHECK: store i32 48, i32* %out
define void @known(i32* %out, i32 %i) {
  %h = call i32 @__npu_shared_handle(i8* addrspacecast (i8 addrspace(3)* bitcast ([0 x i32] addrspace(3)* @dynamic to i8 addrspace(3)*) to i8*))
  %at = add i32 %h, %i
  %p = call i8 addrspace(3)* @__npu_shared_address(i32 %at)
  store i8 1, i8 addrspace(3)* %p
  store i32 %h, i32* %out
  store i32 0, i32 addrspace(3)* getelementptr ([10 x i32], [10 x i32] addrspace(3)* @first, i32 0, i32 0)
  ret void
}

; A number of unknown origin is told apart by its size.
; CHECK-LABEL: define void @unknown
; CHECK: icmp ult i32 %h, 48
; CHECK: select i1
define void @unknown(i32 %h) {
  %p = call i8 addrspace(3)* @__npu_shared_address(i32 %h)
  store i8 1, i8 addrspace(3)* %p
  store i32 0, i32 addrspace(3)* getelementptr ([10 x i32], [10 x i32] addrspace(3)* @first, i32 0, i32 0)
  store i32 0, i32 addrspace(3)* getelementptr ([0 x i32], [0 x i32] addrspace(3)* @dynamic, i32 0, i32 0)
  ret void
}

; CHECK-LABEL: define void @spaces
; CHECK: store volatile i1 true, i1* %out
; CHECK: store volatile i1 false, i1* %out
define void @spaces(i1* %out) {
  %private = alloca i8
  %s = call i1 @llvm.nvvm.isspacep.shared(i8* addrspacecast (i8 addrspace(3)* bitcast ([10 x i32] addrspace(3)* @first to i8 addrspace(3)*) to i8*))
  store volatile i1 %s, i1* %out
  %g = call i1 @llvm.nvvm.isspacep.global(i8* %private)
  store volatile i1 %g, i1* %out
  ret void
}
declare i32 @__npu_shared_handle(i8*) readnone nounwind willreturn
declare i8 addrspace(3)* @__npu_shared_address(i32) readnone nounwind willreturn
declare i1 @llvm.nvvm.isspacep.shared(i8*)
declare i1 @llvm.nvvm.isspacep.global(i8*)
