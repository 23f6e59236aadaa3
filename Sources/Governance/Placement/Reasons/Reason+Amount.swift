import Model

extension Reason {
  /// An amount of a resource for people. A number of bytes that is no whole number of mebibytes is shown with one decimal:
  /// `185542587187` reads `172,7Gi`, and `32614320Ki`, as nodes tell their memory, `31,1Gi`. The parameter itself stays
  /// exact.
  ///
  /// What is there is cut down and what is wanted is rounded up, so that nobody adds what the sentence says and is still
  /// short.
  public func amount(_ name: String) -> (fr: String, en: String) {
    let text = self[name]
    let bytes = Int64(text) ?? (text.hasSuffix("Ki") ? Quantity(text)?.value : nil)
    guard ["memory", "storage"].contains(self["resource"]), let bytes, bytes >= 1 << 20 else { return (text, text) }
    let (shift, unit): (Int64, String) = bytes >= 1 << 30 ? (30, "Gi") : (20, "Mi")
    var (whole, rest) = (bytes >> shift, (bytes & ((1 << shift) - 1)) * 10)
    if !["free", "limit"].contains(name) { rest += (1 << shift) - 1 }
    whole += (rest >> shift) / 10
    let tenth = (rest >> shift) % 10
    guard tenth > 0 else { return ("\(whole)\(unit)", "\(whole)\(unit)") }
    return ("\(whole),\(tenth)\(unit)", "\(whole).\(tenth)\(unit)")
  }
}
