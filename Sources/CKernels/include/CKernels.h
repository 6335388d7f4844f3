// Matrix-vector products and activations for inference. See kernels.c for the dispatch.
#pragma once
