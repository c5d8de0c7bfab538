"""What can run a model: one file per runtime."""

MEMBERS = {
    "torch": "greenwright.deploy.runtimes.torch_eager",
    "onnxruntime": "greenwright.deploy.runtimes.onnx_runtime",
    "openvino": "greenwright.deploy.runtimes.openvino",
}
