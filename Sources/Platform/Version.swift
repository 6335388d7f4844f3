/// The version that both programs print and that a model directory records.
package let inklingVersion = "0.1.0"
