resource "aws_sfn_activity" "pick" {
  name = "pick-order"

  encryption_configuration {
    type       = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id = "arn:aws:kms:eu-west-1:123456789012:alias/orders"
  }
}
