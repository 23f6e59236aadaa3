import Model
import Testing

/// What classes of data demand of a zone, with all that they derive from.
struct PolicySensitivityTests {
  private static let policy = PolicySpec(
    title: LocalizedText(fr: "p"),
    dataClasses: [
      .init(name: "open", sensitivity: .usuel), .init(name: "dr", sensitivity: .restricted),
      .init(name: "derived", parent: "dr", sensitivity: .usuel),
      .init(name: "again", parent: "derived", sensitivity: .usuel),
      .init(name: "a", parent: "b", sensitivity: .usuel), .init(name: "b", parent: "a", sensitivity: .usuel),
    ])

  @Test(
    arguments: [
      ("open", .usuel), ("dr", .restricted), ("derived", .restricted), ("again", .restricted), ("a", .usuel),
      ("nowhere", nil),
    ] as [(String, Sensitivity?)])
  func `the highest that it inherits counts, circles end, and what is not known has none`(
    name: String, sensitivity: Sensitivity?
  ) {
    #expect(Self.policy.sensitivity(of: name) == sensitivity)
  }
}
