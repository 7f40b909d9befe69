; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=work-items -pass=kernel-abi -pass=spir-target -pass=outline-bodies %s | FileCheck %s
; A large kernel is one call of a function that is not known to be one; what asks for the work-item stays in the kernel.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define {{.*}}@small(
; CHECK-NOT: volatile
; CHECK: }

; CHECK-LABEL: define {{.*}}@large(
; CHECK: %[[LANES:.*]] = call spir_func i64 @_Z12get_local_idj(i32 0)
; CHECK: store volatile void {{.*}}@large.body
; CHECK: %[[BODY:.*]] = load volatile
; CHECK: call spir_func void %[[BODY]]({{.*}}i64 %[[LANES]]
; CHECK-NEXT: ret void
; CHECK-LABEL: define internal spir_func void @large.body(
; CHECK-NOT: get_local_id
; CHECK: }

define void @small(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  store i32 %t, i32* %p
  ret void
}
define void @large(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %index = zext i32 %t to i64
  %at = getelementptr i32, i32* %p, i64 %index
  %v0 = load i32, i32* %at
  %x0 = mul i32 %v0, %t
  %v1 = xor i32 %x0, 3
  %x1 = mul i32 %v1, %t
  %v2 = xor i32 %x1, 4
  %x2 = mul i32 %v2, %t
  %v3 = xor i32 %x2, 5
  %x3 = mul i32 %v3, %t
  %v4 = xor i32 %x3, 6
  %x4 = mul i32 %v4, %t
  %v5 = xor i32 %x4, 7
  %x5 = mul i32 %v5, %t
  %v6 = xor i32 %x5, 8
  %x6 = mul i32 %v6, %t
  %v7 = xor i32 %x6, 9
  %x7 = mul i32 %v7, %t
  %v8 = xor i32 %x7, 10
  %x8 = mul i32 %v8, %t
  %v9 = xor i32 %x8, 11
  %x9 = mul i32 %v9, %t
  %v10 = xor i32 %x9, 12
  %x10 = mul i32 %v10, %t
  %v11 = xor i32 %x10, 13
  %x11 = mul i32 %v11, %t
  %v12 = xor i32 %x11, 14
  %x12 = mul i32 %v12, %t
  %v13 = xor i32 %x12, 15
  %x13 = mul i32 %v13, %t
  %v14 = xor i32 %x13, 16
  %x14 = mul i32 %v14, %t
  %v15 = xor i32 %x14, 17
  %x15 = mul i32 %v15, %t
  %v16 = xor i32 %x15, 18
  %x16 = mul i32 %v16, %t
  %v17 = xor i32 %x16, 19
  %x17 = mul i32 %v17, %t
  %v18 = xor i32 %x17, 20
  %x18 = mul i32 %v18, %t
  %v19 = xor i32 %x18, 21
  %x19 = mul i32 %v19, %t
  %v20 = xor i32 %x19, 22
  %x20 = mul i32 %v20, %t
  %v21 = xor i32 %x20, 23
  %x21 = mul i32 %v21, %t
  %v22 = xor i32 %x21, 24
  %x22 = mul i32 %v22, %t
  %v23 = xor i32 %x22, 25
  %x23 = mul i32 %v23, %t
  %v24 = xor i32 %x23, 26
  %x24 = mul i32 %v24, %t
  %v25 = xor i32 %x24, 27
  %x25 = mul i32 %v25, %t
  %v26 = xor i32 %x25, 28
  %x26 = mul i32 %v26, %t
  %v27 = xor i32 %x26, 29
  %x27 = mul i32 %v27, %t
  %v28 = xor i32 %x27, 30
  %x28 = mul i32 %v28, %t
  %v29 = xor i32 %x28, 31
  %x29 = mul i32 %v29, %t
  %v30 = xor i32 %x29, 32
  %x30 = mul i32 %v30, %t
  %v31 = xor i32 %x30, 33
  %x31 = mul i32 %v31, %t
  %v32 = xor i32 %x31, 34
  %x32 = mul i32 %v32, %t
  %v33 = xor i32 %x32, 35
  %x33 = mul i32 %v33, %t
  %v34 = xor i32 %x33, 36
  %x34 = mul i32 %v34, %t
  %v35 = xor i32 %x34, 37
  %x35 = mul i32 %v35, %t
  %v36 = xor i32 %x35, 38
  %x36 = mul i32 %v36, %t
  %v37 = xor i32 %x36, 39
  %x37 = mul i32 %v37, %t
  %v38 = xor i32 %x37, 40
  %x38 = mul i32 %v38, %t
  %v39 = xor i32 %x38, 41
  %x39 = mul i32 %v39, %t
  %v40 = xor i32 %x39, 42
  %x40 = mul i32 %v40, %t
  %v41 = xor i32 %x40, 43
  %x41 = mul i32 %v41, %t
  %v42 = xor i32 %x41, 44
  %x42 = mul i32 %v42, %t
  %v43 = xor i32 %x42, 45
  %x43 = mul i32 %v43, %t
  %v44 = xor i32 %x43, 46
  %x44 = mul i32 %v44, %t
  %v45 = xor i32 %x44, 47
  %x45 = mul i32 %v45, %t
  %v46 = xor i32 %x45, 48
  %x46 = mul i32 %v46, %t
  %v47 = xor i32 %x46, 49
  %x47 = mul i32 %v47, %t
  %v48 = xor i32 %x47, 50
  %x48 = mul i32 %v48, %t
  %v49 = xor i32 %x48, 51
  %x49 = mul i32 %v49, %t
  %v50 = xor i32 %x49, 52
  %x50 = mul i32 %v50, %t
  %v51 = xor i32 %x50, 53
  %x51 = mul i32 %v51, %t
  %v52 = xor i32 %x51, 54
  %x52 = mul i32 %v52, %t
  %v53 = xor i32 %x52, 55
  %x53 = mul i32 %v53, %t
  %v54 = xor i32 %x53, 56
  %x54 = mul i32 %v54, %t
  %v55 = xor i32 %x54, 57
  %x55 = mul i32 %v55, %t
  %v56 = xor i32 %x55, 58
  %x56 = mul i32 %v56, %t
  %v57 = xor i32 %x56, 59
  %x57 = mul i32 %v57, %t
  %v58 = xor i32 %x57, 60
  %x58 = mul i32 %v58, %t
  %v59 = xor i32 %x58, 61
  %x59 = mul i32 %v59, %t
  %v60 = xor i32 %x59, 62
  store i32 %v60, i32* %at
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*)* @small, !"kernel", i32 1}
!1 = !{void (i32*)* @large, !"kernel", i32 1}
