import Foundation
import TestSupport
import Testing
import Yams

/// What kustomize makes of a folder: by our own strict reading, and by the program where there is one.
enum Kustomize {
  static let needs = "not run: needs kubectl or kustomize"

  /// The objects that the folder's `resources` name, in that order.
  ///
  /// The form is narrower than what kustomize takes: nothing but files of this folder, each with one object, each once.
  static func objects(in folder: [String: [UInt8]]) throws -> [[String: Any]] {
    let kustomization = try #require(try document("kustomization.yaml", in: folder))
    #expect(Set(kustomization.keys) == ["apiVersion", "kind", "resources"])
    #expect(kustomization["apiVersion"] as? String == "kustomize.config.k8s.io/v1beta1")
    #expect(kustomization["kind"] as? String == "Kustomization")
    let resources = try #require(kustomization["resources"] as? [String])
    #expect(Set(resources).count == resources.count && !resources.isEmpty)
    #expect(Set(resources) == Set(folder.keys.filter { $0.hasSuffix(".yaml") }).subtracting(["kustomization.yaml"]))
    var seen: Set<[String]> = []
    return try resources.map { name in
      #expect(!name.contains("/"))
      let object = try #require(try document(name, in: folder))
      let metadata = try #require(object["metadata"] as? [String: Any])
      let identity = [object["apiVersion"], object["kind"], metadata["name"]].map { $0 as? String ?? "" }
      #expect(!identity.contains("") && seen.insert(identity).inserted)
      return object
    }
  }

  private static func document(_ name: String, in folder: [String: [UInt8]]) throws -> [String: Any]? {
    let text = String(decoding: try #require(folder[name], "\(name)"), as: UTF8.self)
    let documents = Array(try Yams.load_all(yaml: text))
    #expect(documents.count == 1, "\(name)")
    return documents.first as? [String: Any]
  }

  /// The program and the arguments before the folder; nil where there is none.
  static let program: (path: String, arguments: [String])? = {
    if let path = ChildProcess.locate("kustomize") { return (path, ["build"]) }
    return ChildProcess.locate("kubectl").map { ($0, ["kustomize"]) }
  }()
}
