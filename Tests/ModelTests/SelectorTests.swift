import Model
import Testing

@Suite("Label selectors")
struct SelectorTests {
  private let place = Attributes([
    "region.name": ["idf"], "region.qualification": ["SecNumCloud", "HDS"], "region.dataCenters": ["2"],
    "region.service": [], "cluster.external": ["false"],
  ])

  typealias Operator = LabelSelector.Requirement.Operator

  @Test(
    "compares one attribute",
    arguments: [
      ("region.qualification", Operator.in, ["HDS", "PCI"], true),
      ("region.qualification", .in, ["PCI"], false),
      ("region.service", .in, ["s3"], false),
      ("region.unknown", .in, ["s3"], false),
      ("region.qualification", .notIn, ["PCI"], true),
      ("region.qualification", .notIn, ["PCI", "HDS"], false),
      ("region.service", .notIn, ["s3"], true),
      // Kubernetes would say yes: here what is unknown satisfies no restriction.
      ("region.unknown", .notIn, ["s3"], false),
      ("region.name", .exists, [], true),
      ("region.service", .exists, [], false),
      ("region.unknown", .exists, [], false),
      ("region.name", .doesNotExist, [], false),
      ("region.service", .doesNotExist, [], true),
      ("region.unknown", .doesNotExist, [], true),
      ("region.dataCenters", .greaterThan, ["1"], true),
      ("region.dataCenters", .greaterThan, ["2"], false),
      ("region.dataCenters", .lessThan, ["3"], true),
      ("region.dataCenters", .lessThan, ["2"], false),
      ("region.dataCenters", .lessThan, ["many"], false),
      ("region.dataCenters", .greaterThan, ["0", "1"], false),
      ("region.dataCenters", .greaterThan, [], false),
      ("region.name", .greaterThan, ["1"], false),
      ("region.unknown", .greaterThan, ["1"], false),
    ])
  func compares(key: String, comparison: Operator, values: [String], expected: Bool) {
    let requirement = LabelSelector.Requirement(key: key, operator: comparison, values: values)
    #expect(requirement.matches(place) == expected)
    #expect(LabelSelector(matchExpressions: [requirement]).matches(place) == expected)
  }

  @Test("matches when every term does; the empty selector always does")
  func allTerms() {
    let exists = LabelSelector.Requirement(key: "region.name", operator: .exists)
    let absent = LabelSelector.Requirement(key: "region.name", operator: .doesNotExist)
    #expect(LabelSelector().matches(place) && LabelSelector().matches(Attributes()) && LabelSelector().isEmpty)
    #expect(LabelSelector(matchLabels: ["region.qualification": "HDS"], matchExpressions: [exists]).matches(place))
    #expect(!LabelSelector(matchLabels: ["region.qualification": "HDS"], matchExpressions: [absent]).matches(place))
    #expect(!LabelSelector(matchLabels: ["region.qualification": "HDS", "region.name": "sud"]).matches(place))
    #expect(!LabelSelector(matchLabels: ["region.unknown": ""]).matches(place))
    #expect(!LabelSelector(matchExpressions: [exists]).isEmpty)
  }

  @Test("attributes are read and changed by name")
  func attributes() {
    var attributes = place
    #expect(attributes["region.name"] == ["idf"])
    attributes["region.name"] = nil
    #expect(attributes.values["region.name"] == nil)
  }

  @Test("knows which attributes there are")
  func names() {
    for attributes in AttributeNames.allCases {
      for name in attributes.names { #expect(attributes.contains(name)) }
      for prefix in attributes.labelPrefixes {
        #expect(attributes.contains(prefix + "tier"))
        #expect(attributes.contains(prefix + "example.fr/tier"))
        #expect(!attributes.contains(prefix))
        #expect(!attributes.contains(prefix + "a/b/c"))
      }
    }
    #expect(!AttributeNames.place.contains("project.name"))
    #expect(!AttributeNames.chain.contains("region.label/tier"))
  }
}
