extension Reason {
  /// An amount of a resource for people. A number of bytes that is no whole number of mebibytes is cut to one decimal:
  /// `185542587187` reads `172,7Gi`. The parameter itself stays exact.
  func amount(_ name: String) -> (fr: String, en: String) {
    let text = self[name]
    guard ["memory", "storage"].contains(self["resource"]), let bytes = Int64(text), bytes >= 1 << 20 else {
      return (text, text)
    }
    let (shift, unit): (Int64, String) = bytes >= 1 << 30 ? (30, "Gi") : (20, "Mi")
    let (whole, tenth) = (bytes >> shift, ((bytes & ((1 << shift) - 1)) * 10) >> shift)
    return ("\(whole),\(tenth)\(unit)", "\(whole).\(tenth)\(unit)")
  }
}
