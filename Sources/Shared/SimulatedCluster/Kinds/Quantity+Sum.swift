import Model

extension Quantity {
  /// The sum, in this quantity's family of suffixes unless it is 0; to the thousandth.
  func adding(_ other: Quantity) -> Quantity {
    if sign == 0 { return other }
    if isWhole, other.isWhole {
      let (sum, overflow) = value.addingReportingOverflow(other.value)
      return Quantity(overflow ? .max : sum, format: format)
    }
    let (sum, overflow) = milliValue.addingReportingOverflow(other.milliValue)
    return Quantity(milli: overflow ? .max : sum)
  }
}
