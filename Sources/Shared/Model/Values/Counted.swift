/// A number and the words that go with it: of one other ones than of many.
package enum Counted {
  /// In French none goes with the words of one: « 0 projet », « 1 projet », « 2 projets ».
  package static func fr(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
    "\(count) \(count < 2 ? one : many)"
  }

  /// In English none goes with the words of many: “0 projects”, “1 project”, “2 projects”.
  package static func en(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
  }
}
