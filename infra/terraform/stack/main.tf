# Headgate's stack, deployed by Terraform from what `headgate bootstrap --package DIRECTORY` has written: the archives of the release,
# headgate.yml as a layer, and the template. It is the same template that bootstrap deploys, so both have the same resources,
# rights and settings (docs/decisions/0044-terraform.md).
terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

locals {
  manifest = jsondecode(file("${var.package}/manifest.json"))
  name     = "headgate-${local.manifest.stage}"
}

resource "aws_s3_bucket" "code" {
  bucket_prefix = "${local.name}-"
  force_destroy = true
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "code" {
  bucket                  = aws_s3_bucket.code.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

data "aws_iam_policy_document" "only_tls" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.code.arn, "${aws_s3_bucket.code.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "only_tls" {
  bucket     = aws_s3_bucket.code.id
  policy     = data.aws_iam_policy_document.only_tls.json
  depends_on = [aws_s3_bucket_public_access_block.code]
}

# A key names its content, or the release that has it: an object never changes under its key.
resource "aws_s3_object" "objects" {
  for_each    = local.manifest.sha256
  bucket      = aws_s3_bucket.code.id
  key         = each.key
  source      = "${var.package}/${each.key}"
  source_hash = each.value
}

resource "aws_cloudformation_stack" "headgate" {
  name         = local.name
  template_url = "https://${aws_s3_bucket.code.bucket_regional_domain_name}/${local.manifest.template}"
  capabilities = ["CAPABILITY_NAMED_IAM"]
  tags         = var.tags
  parameters = {
    CodeBucket             = aws_s3_bucket.code.id
    AlarmTopicArn          = var.alarm_topic_arn
    Front                  = var.front
    KmsKeyArn              = var.kms_key_arn
    LogRetentionDays       = var.log_retention_days
    PermissionsBoundaryArn = var.permissions_boundary_arn
    ReserveConcurrency     = var.reserve_concurrency
    RolePrefix             = var.role_prefix
    SecurityGroupIds       = join(",", var.security_group_ids)
    SubnetIds              = join(",", var.subnet_ids)
  }
  depends_on = [aws_s3_object.objects]
}

output "webhook_url" {
  description = "Register it, followed by /webhooks/REPOSITORY, on the Git host"
  value       = aws_cloudformation_stack.headgate.outputs["WebhookLambdaFunctionUrl"]
}

output "deploy_role_arn" {
  value = aws_cloudformation_stack.headgate.outputs["DeployRoleArn"]
}

output "check_role_arn" {
  value = aws_cloudformation_stack.headgate.outputs["CheckRoleArn"]
}

output "sweep_role_arn" {
  value = aws_cloudformation_stack.headgate.outputs["SweepRoleArn"]
}

# Empty where headgate.yml uses nothing that the work function does.
output "work_role_arn" {
  value = try(aws_cloudformation_stack.headgate.outputs["WorkRoleArn"], "")
}

output "dashboard_url" {
  value = aws_cloudformation_stack.headgate.outputs["DashboardUrl"]
}
