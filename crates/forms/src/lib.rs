//! Blank forms: a template and a prefill become a fillable PDF.
