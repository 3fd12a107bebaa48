{
  "targets": [
    {
      "target_name": "appulse",
      "sources": [
        "pipeline/native/addon.cc",
        "pipeline/native/ring_producer.cc",
        "pipeline/native/packet_gaps.cc",
        "pipeline/native/open_frame.cc",
        "pipeline/native/block_order.cc",
        "pipeline/native/assembler.cc",
        "pipeline/native/receiver.cc",
        "pipeline/native/receiver_binding.cc",
        "pipeline/native/udp_port.cc",
        "pipeline/native/thread_placement.cc",
        "pipeline/native/datagram_batch.cc",
        "pipeline/native/sender.cc",
        "pipeline/native/sender_binding.cc",
        "pipeline/native/kernels/unpack.cc",
        "pipeline/native/kernels/unpack_avx2.cc",
        "pipeline/native/kernels/statistics.cc",
        "pipeline/native/kernels/reduce.cc",
        "pipeline/native/kernels/ones_sum.cc",
        "pipeline/native/kernels/color.cc",
        "pipeline/native/kernels/pixels_binding.cc",
        "pipeline/native/kernels/rice_encode.cc",
        "pipeline/native/kernels/rice_decode.cc",
        "pipeline/native/kernels/rice_binding.cc",
        "pipeline/native/kernels/stack_exact.cc",
        "pipeline/native/kernels/stack_rms.cc",
        "pipeline/native/kernels/stack_binding.cc",
        "pipeline/native/memory_binding.cc",
        "pipeline/native/file_binding.cc",
        "pipeline/native/clock_binding.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # A second Ctrl-C ends threads in mid-call: what cannot be thrown there any more must not abort the process.
      "defines": ["NAPI_VERSION=8", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-O3", "-Wall", "-Wextra", "-Wno-cast-function-type"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "xcode_settings": { "GCC_ENABLE_CPP_EXCEPTIONS": "YES", "CLANG_CXX_LANGUAGE_STANDARD": "c++17" }
    }
  ]
}
