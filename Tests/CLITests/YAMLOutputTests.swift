import Foundation
import Model
import Testing

@testable import CLI

@Suite("What -o yaml prints")
struct YAMLOutputTests {
  @Test("has whole numbers as they are, and can be applied again")
  func numbers() throws {
    let project = Resource(
      "essai",
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["usuelle"],
        environments: [.init(name: "prod", stage: "prod", quota: ResourceList(cpu: Quantity(2)), replicas: 2)]))
    var resource = AnyResource.project(project)
    resource.metadata.generation = 12
    let text = try #require(try OutputFormat.yaml.render(resource))
    #expect(text.contains("replicas: 2\n") && text.contains("generation: 12\n"))
    #expect(try ResourceDocument.decode(yaml: text) == [resource])
  }
}
