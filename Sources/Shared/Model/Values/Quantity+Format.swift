extension Quantity: CustomStringConvertible {
  /// The canonical form of Kubernetes: no fraction, the largest suffix that needs none, in the family it was written in.
  public var description: String {
    switch format {
    case .binarySI:
      // Below 1024 and with fractions Kubernetes shows the decimal form, which loses nothing.
      if nanos.magnitude < 1024 * Self.nanosPerUnit.magnitude || !isWhole { return decimal(exponent: false) }
      return binary
    case .decimalSI: return decimal(exponent: false)
    case .decimalExponent: return decimal(exponent: true)
    }
  }

  private var binary: String {
    var number = nanos / Self.nanosPerUnit
    var suffix = ""
    for next in Self.binarySuffixes {
      guard number % 1024 == 0 else { break }
      number /= 1024
      suffix = next
    }
    return "\(number)\(suffix)"
  }

  private func decimal(exponent asExponent: Bool) -> String {
    guard nanos != 0 else { return "0" }
    var number = nanos
    var power = -9
    while number % 1000 == 0, asExponent || power < 18 {
      number /= 1000
      power += 3
    }
    if asExponent { return power == 0 ? "\(number)" : "\(number)e\(power)" }
    return "\(number)\(Self.decimalSuffixes[power, default: ""])"
  }
}
