"""The float models that tests convert where they are present, and the levels they run at."""

LEVELS = ("scalar", "avx2", "avx512")
MODELS = (
    "mlperf_ic_resnet8_fp32",
    "mlperf_kws_dscnn_fp32",
    "mlperf_vww_96_fp32",
    "mlperf_ad01_fp32",
    "armkws_DNN_S",
    "armkws_CNN_S",
    "armkws_DS_CNN_S",
    "mp_face_detection_full_range",
    "mp_selfie_segmentation",
    "ultraface_version-RFB-320",
    "ultraface_version-RFB-320_simplified",
)
