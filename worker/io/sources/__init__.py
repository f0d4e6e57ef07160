"""Where weights come from: one module for each `WeightSource.kind`, each with one `fetch`.

`fetch(source, folder, context) -> Path` leaves the file somewhere in `folder` or raises SourceFailed;
checking its hash is the caller's business.
"""
